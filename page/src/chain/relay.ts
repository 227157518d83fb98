// The chain, read through the gateway: JSON-RPC of the few methods it lets through. What a wallet's own node says comes
// first where there is one (src/wallet/transaction.ts).
import { ApiError, post } from "../api/client";

export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

let count = 0;

/** One call of the chain; an RpcError when the node refuses, an ApiError when the gateway does. */
export async function askChain(method: string, params: readonly unknown[]): Promise<unknown> {
  const answer = await post<Answer>("page/chain", { jsonrpc: "2.0", id: ++count, method, params });
  if (answer.error) throw new RpcError(answer.error.code, answer.error.message, answer.error.data);
  if (!("result" in answer)) throw new ApiError(502, "The gateway's answer of the chain is incomplete.", null);
  return answer.result;
}
