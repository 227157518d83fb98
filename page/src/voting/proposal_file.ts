// A proposal as a file (`andel-proposal/1`), the form in which `andel vote propose` takes it too: read from a file, or
// written by the forms here. The gateway makes it into calls, and tells them in words.
import { type Hex, stringToHex } from "viem";

export const PROPOSAL_FORMAT = "andel-proposal/1";
const MAX_FILE = 256 * 1_024;
const MAX_WHY = 20_000;
const MAX_CALLS = 20;

export interface ProposalFile {
  format: typeof PROPOSAL_FORMAT;
  why: string;
  calls: readonly Record<string, unknown>[];
}

/** A file that is no proposal; the message says why. */
export class NoProposal extends Error {}

/** The proposal in a file's text. Throws NoProposal. */
export function readProposalFile(text: string): ProposalFile {
  if (text.length > MAX_FILE) throw new NoProposal("A proposal's file has at most 256 KiB.");
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    throw new NoProposal("The file is not JSON.");
  }
  const { format, why, calls } = (typeof record === "object" && record !== null ? record : {}) as Record<
    string,
    unknown
  >;
  if (format !== PROPOSAL_FORMAT) throw new NoProposal(`The file's "format" is not "${PROPOSAL_FORMAT}".`);
  if (typeof why !== "string" || why.trim() === "" || why.length > MAX_WHY)
    throw new NoProposal(`"why" is a text of 1 to ${MAX_WHY} characters.`);
  if (!Array.isArray(calls) || calls.length === 0 || calls.length > MAX_CALLS)
    throw new NoProposal(`"calls" is a list of 1 to ${MAX_CALLS} calls.`);
  if (calls.some((call) => typeof call === "object" && call !== null && "text" in call))
    throw new NoProposal('A call with "text" puts a file into the content store first: use `andel vote propose`.');
  return { format, why, calls };
}

/** Who may ask. */
export type AccessMode = "open" | "holders" | "paid";
const MODES: Record<AccessMode, number> = { open: 0, holders: 1, paid: 2 };

export interface PriceLine {
  route: string;
  token: Hex;
  /** Base units. */
  amount: bigint;
  /** Seconds that a pass lasts; 0: by the call. */
  period: number;
  ratePerDay: number;
  transferable: boolean;
}

/** Who may ask, and what it costs; replaces all prices. */
export function priceProposal(why: string, mode: AccessMode, prices: readonly PriceLine[]): ProposalFile {
  const lines = prices.map((price) => [
    stringToHex(price.route, { size: 32 }),
    price.token,
    price.period,
    price.ratePerDay,
    price.transferable,
    price.amount.toString(),
  ]);
  return made(why, [{ contract: "ModelPolicy", function: "setPrices", arguments: [MODES[mode], lines] }]);
}

/** Coin from the treasury to an account. */
export function payProposal(why: string, to: Hex, wei: bigint): ProposalFile {
  return made(why, [{ pay: to, wei: wei.toString() }]);
}

/** A payment token from the treasury to an account. */
export function payTokenProposal(why: string, token: Hex, to: Hex, amount: bigint): ProposalFile {
  const call = { contract: "AuthorizedToken", at: token, function: "transfer", arguments: [to, amount.toString()] };
  return made(why, [call]);
}

/** A text to vote on that changes nothing: its one call pays nothing to the treasury itself. */
export function textProposal(why: string, treasury: Hex): ProposalFile {
  return made(why, [{ pay: treasury, wei: "0" }]);
}

function made(why: string, calls: readonly Record<string, unknown>[]): ProposalFile {
  return { format: PROPOSAL_FORMAT, why: why.trim(), calls };
}
