// Views of contracts, asked through the gateway's way to the chain; and what a refusal is called.
import {
  type Abi,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  decodeErrorResult,
  decodeFunctionResult,
  encodeFunctionData,
} from "viem";
import type { Address, Hex, Network, Token } from "../api/shapes";
import { isSameAddress, NOBODY } from "../text/addresses";
import { revertData } from "../wallet/provider";
import { erc20 } from "./abi";
import { askChain } from "./relay";

type Viewed = "view" | "pure";

/** What a view gives at the newest block. Throws RpcError where the contract refuses, ApiError where nobody answers. */
export async function readContract<const A extends Abi, N extends ContractFunctionName<A, Viewed>>(
  address: Address,
  abi: A,
  functionName: N,
  args: ContractFunctionArgs<A, Viewed, N>,
): Promise<ContractFunctionReturnType<A, Viewed, N>> {
  // viem's functions know the same types, but cannot see that they meet for an A and N that are still open here
  const call = { abi: abi as Abi, functionName: functionName as string, args: args as readonly unknown[] };
  const data = encodeFunctionData(call);
  const answer = (await askChain("eth_call", [{ to: address, data }, "latest"])) as Hex;
  return decodeFunctionResult({ ...call, data: answer }) as ContractFunctionReturnType<A, Viewed, N>;
}

/** The name of the error with which a contract refused, if it is one of `abi`; null for anything else. */
export function refusalName(error: unknown, abi: Abi): string | null {
  const data = revertData(error);
  if (data === null || data === "0x") return null;
  try {
    return decodeErrorResult({ abi, data }).errorName;
  } catch {
    return null;
  }
}

const known = new Map<string, Promise<Token>>();

/** A payment token's symbol and decimals; the chain's coin for the zero address. */
export function tokenAt(address: Address, network: Network): Promise<Token> {
  if (isSameAddress(address, NOBODY)) {
    const { symbol, decimals } = network.chain.coin;
    return Promise.resolve({ address, symbol: symbol ?? "coin", decimals });
  }
  const key = address.toLowerCase();
  const found = known.get(key) ?? readToken(address);
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;
}

async function readToken(address: Address): Promise<Token> {
  const [symbol, decimals] = await Promise.all([
    readContract(address, erc20, "symbol", []),
    readContract(address, erc20, "decimals", []),
  ]);
  return { address, symbol: symbol.slice(0, 16), decimals };
}
