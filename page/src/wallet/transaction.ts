// One transaction, from what it would do to where it stands in the chain: words and cost, a trial, the signature, the
// wait. Every way it can go has a state of its own. Speaks to a wallet and a node through `Ports`; shows nothing itself.
import type { Address, CallWords, Hex, Refusal } from "../api/shapes";
import { isRejected, isRevert, messageOf, revertData } from "./provider";

export interface Call {
  readonly to: Address;
  readonly data: Hex;
  /** Wei of the coin that go along. */
  readonly value?: bigint;
  /** The contract's name as in /network, for the words of a refusal. */
  readonly contract?: string;
  /** What it does, in the page's own words: "Claim 12.5 ROOF". */
  readonly does: string;
}

export interface Cost {
  readonly gas: bigint;
  /** The most it takes in wei of the coin at the price of now. */
  readonly fee: bigint;
}

export type Standing =
  | { readonly at: "checking" }
  | { readonly at: "wrong-network"; readonly has: number; readonly wants: number }
  | { readonly at: "refused"; readonly sentence: string; readonly hint: string | null }
  | { readonly at: "ready"; readonly words: CallWords | null; readonly cost: Cost | null; readonly said?: "rejected" }
  | { readonly at: "signing"; readonly words: CallWords | null; readonly cost: Cost | null }
  | {
      readonly at: "waiting";
      readonly hash: Hex;
      readonly seconds: number;
      readonly isSlow: boolean;
      readonly isGone: boolean;
    }
  | { readonly at: "replaced"; readonly hash: Hex }
  | { readonly at: "reverted"; readonly hash: Hex; readonly sentence: string; readonly hint: string | null }
  | { readonly at: "done"; readonly hash: Hex; readonly block: number }
  | { readonly at: "failed"; readonly reason: string };

export interface Ports {
  readonly account: Address;
  /** The chain that the transaction is for. */
  readonly chain: number;
  readonly wallet: (method: string, params: readonly unknown[]) => Promise<unknown>;
  readonly node: (method: string, params: readonly unknown[]) => Promise<unknown>;
  readonly words: (call: Call) => Promise<CallWords | null>;
  readonly refusal: (contract: string | null, data: Hex) => Promise<Refusal>;
  /** Milliseconds, rising. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly isLeft: () => boolean;
}

export type Show = (standing: Standing) => void;

const SLOW_AFTER_S = 30;
const POLL_MS = 1_000;
const WATCH_AFTER_MS = 90_000;

/** Tries the transaction without sending it: ends in `wrong-network`, `refused`, `ready` or `failed`. */
export async function prepare(call: Call, ports: Ports): Promise<Standing> {
  try {
    const has = Number(await ports.wallet("eth_chainId", []));
    if (has !== ports.chain) return { at: "wrong-network", has, wants: ports.chain };
    const [words] = await Promise.all([ports.words(call).catch(() => null), simulate(call, ports)]);
    return { at: "ready", words, cost: await costOf(call, ports) };
  } catch (error) {
    if (isRevert(error)) return { at: "refused", ...(await told(call, error, ports)) };
    return { at: "failed", reason: messageOf(error) };
  }
}

/** Has the wallet sign and send it, then waits; ends when it is decided, and watches a while that it stays so. */
export async function send(
  call: Call,
  ready: { words: CallWords | null; cost: Cost | null },
  ports: Ports,
  show: Show,
) {
  show({ at: "signing", ...ready });
  let hash: Hex;
  try {
    hash = (await ports.wallet("eth_sendTransaction", [requestOf(call, ports.account)])) as Hex;
  } catch (error) {
    if (isRejected(error)) return show({ at: "ready", ...ready, said: "rejected" });
    if (isRevert(error)) return show({ at: "refused", ...(await told(call, error, ports)) });
    return show({ at: "failed", reason: messageOf(error) });
  }
  await follow(call, hash, ports, show);
}

/** Waits for the receipt of `hash`. A receipt that is gone again (a reorganised chain) is waited for anew. */
export async function follow(call: Call, hash: Hex, ports: Ports, show: Show): Promise<void> {
  const began = ports.now();
  let isGone = false;
  let wasDoneAt: number | null = null;
  let nonce: number | null = null;
  while (!ports.isLeft() && (wasDoneAt === null || ports.now() - wasDoneAt < WATCH_AFTER_MS)) {
    const receipt = (await ports.node("eth_getTransactionReceipt", [hash]).catch(() => undefined)) as
      | { status: Hex; blockNumber: Hex }
      | null
      | undefined;
    if (receipt) {
      const block = Number(receipt.blockNumber);
      if (Number(receipt.status) === 0) {
        return show({ at: "reverted", hash, ...(await toldAfter(call, receipt.blockNumber, ports)) });
      }
      if (wasDoneAt === null) {
        wasDoneAt = ports.now();
        show({ at: "done", hash, block });
      }
    } else if (receipt === null) {
      if (wasDoneAt !== null) {
        isGone = true;
        wasDoneAt = null;
      }
      const [sent, next] = await place(hash, ports, nonce);
      nonce = sent;
      if (next === "passed") return show({ at: "replaced", hash });
      const seconds = Math.floor((ports.now() - began) / 1000);
      show({ at: "waiting", hash, seconds, isSlow: seconds >= SLOW_AFTER_S, isGone });
    } else if (wasDoneAt === null) {
      // no answer from the node: nothing is known to have changed, so it goes on waiting
      const seconds = Math.floor((ports.now() - began) / 1000);
      show({ at: "waiting", hash, seconds, isSlow: seconds >= SLOW_AFTER_S, isGone });
    }
    await ports.sleep(POLL_MS);
  }
}

/** The account's number of the transaction, and whether another one with that number is in the chain instead. */
async function place(hash: Hex, ports: Ports, nonce: number | null): Promise<[number | null, "open" | "passed"]> {
  const sent = (await ports.node("eth_getTransactionByHash", [hash]).catch(() => undefined)) as
    | { nonce: Hex }
    | null
    | undefined;
  if (sent) return [Number(sent.nonce), "open"];
  if (sent === undefined || nonce === null) return [nonce, "open"];
  const used = Number(await ports.node("eth_getTransactionCount", [ports.account, "latest"]).catch(() => 0));
  if (used <= nonce) return [nonce, "open"];
  // the count may have risen by this very transaction between the two questions
  const receipt = await ports.node("eth_getTransactionReceipt", [hash]).catch(() => undefined);
  return [nonce, receipt === null ? "passed" : "open"];
}

async function simulate(call: Call, ports: Ports): Promise<void> {
  const request = [requestOf(call, ports.account), "latest"];
  try {
    await ports.wallet("eth_call", request);
  } catch (error) {
    if (revertData(error)) throw error;
    // some wallets drop what the contract said, or do not pass reads on: the gateway's node is asked as well
    await ports.node("eth_call", request);
  }
}

async function costOf(call: Call, ports: Ports): Promise<Cost | null> {
  const request = requestOf(call, ports.account);
  try {
    const gas = await ports.wallet("eth_estimateGas", [request]).catch(() => ports.node("eth_estimateGas", [request]));
    const price = await ports.wallet("eth_gasPrice", []).catch(() => ports.node("eth_gasPrice", []));
    return { gas: BigInt(gas as string), fee: BigInt(gas as string) * BigInt(price as string) };
  } catch {
    return null; // the wallet will say it
  }
}

function requestOf(call: Call, account: Address): Record<string, string> {
  const request: Record<string, string> = { from: account, to: call.to, data: call.data };
  if (call.value) request.value = `0x${call.value.toString(16)}`;
  return request;
}

async function told(call: Call, error: unknown, ports: Ports): Promise<Refusal> {
  const data = revertData(error);
  if (!data || data === "0x") return { sentence: "The contract refuses this, and does not say why.", hint: null };
  try {
    return await ports.refusal(call.contract ?? null, data);
  } catch {
    return { sentence: messageOf(error), hint: null };
  }
}

/** Why a transaction failed in its block, as far as asking again there tells. */
async function toldAfter(call: Call, block: Hex, ports: Ports): Promise<Refusal> {
  try {
    await ports.node("eth_call", [requestOf(call, ports.account), block]);
    return { sentence: "The contract refused it in its block; by now it might go through.", hint: null };
  } catch (error) {
    return told(call, error, ports);
  }
}
