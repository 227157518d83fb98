// A transaction's call, encoded from a contract's interface.
import { type Abi, type ContractFunctionArgs, type ContractFunctionName, encodeFunctionData } from "viem";
import type { Address } from "../api/shapes";
import type { Call } from "../wallet/transaction";

type Sent = "nonpayable" | "payable";

export interface Told {
  /** The contract's name as in /network, for the words of a refusal. */
  readonly contract: string;
  /** What it does, in the page's own words. */
  readonly does: string;
  /** Wei of the coin that go along. */
  readonly value?: bigint;
}

/** The call of `functionName` with `args`. */
export function callOf<const A extends Abi, N extends ContractFunctionName<A, Sent>>(
  to: Address,
  abi: A,
  functionName: N,
  args: ContractFunctionArgs<A, Sent, N>,
  told: Told,
): Call {
  const call = { abi: abi as Abi, functionName: functionName as string, args: args as readonly unknown[] };
  return { to, data: encodeFunctionData(call), ...told };
}
