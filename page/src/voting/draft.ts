// What the forms of a proposal hold, as texts, and the file that they make.
import { getAddress } from "viem";
import type { Address, Network, Token } from "../api/shapes";
import { tokenAt } from "../chain/read";
import { isAddress, isSameAddress, NOBODY } from "../text/addresses";
import { parseAmount } from "../text/amounts";
import {
  type AccessMode,
  type ProposalFile,
  payProposal,
  payTokenProposal,
  priceProposal,
  textProposal,
} from "./proposal_file";

export type Kind = "price" | "pay" | "text" | "file";

export interface Draft {
  readonly kind: Kind;
  readonly why: string;
  readonly mode: AccessMode;
  readonly amount: string;
  /** What is paid from the treasury: one of the known payment tokens. */
  readonly token: string;
  /** What a question is paid in: a token's address. */
  readonly otherToken: string;
  readonly to: string;
}

export const EMPTY: Draft = { kind: "price", why: "", mode: "paid", amount: "", token: NOBODY, otherToken: "", to: "" };

/** A draft that makes no proposal; the message says what is missing. */
export class Unready extends Error {}

/** The proposal's file of a draft. Throws Unready, and what asking the chain for a token may throw. */
export async function draftFile(
  draft: Draft,
  tokens: readonly Token[],
  network: Network,
  locale: string,
): Promise<ProposalFile> {
  if (draft.why.trim() === "") throw new Unready("Say why: holders vote on a reason as much as on a call.");
  if (draft.kind === "text") {
    const treasury = network.contracts.ModelTimelock;
    if (treasury === undefined) throw new Unready("This model has no treasury that could hold a vote.");
    return textProposal(draft.why, treasury);
  }
  if (draft.kind === "price" && draft.mode !== "paid") return priceProposal(draft.why, draft.mode, []);
  const token = await tokenOf(draft, tokens, network);
  if (draft.kind === "price" && isSameAddress(token.address, NOBODY))
    throw new Unready("Nobody can sign a transfer of the coin: name a token with ERC-3009 that questions are paid in.");
  const parsed = parseAmount(draft.amount, token.decimals, locale);
  if ("wrong" in parsed) throw new Unready(parsed.wrong);
  if (parsed.amount === 0n) throw new Unready("Enter an amount above nothing.");
  if (draft.kind === "price") {
    const line = {
      route: "predict",
      token: token.address,
      amount: parsed.amount,
      period: 0,
      ratePerDay: 0,
      transferable: false,
    };
    return priceProposal(draft.why, "paid", [line]);
  }
  const to = accountOf(draft.to);
  return isSameAddress(token.address, NOBODY)
    ? payProposal(draft.why, to, parsed.amount)
    : payTokenProposal(draft.why, token.address, to, parsed.amount);
}

async function tokenOf(draft: Draft, tokens: readonly Token[], network: Network): Promise<Token> {
  if (draft.kind === "price") return tokenAt(accountOf(draft.otherToken), network);
  const found = tokens.find((token) => isSameAddress(token.address, draft.token));
  if (found === undefined) throw new Unready("Choose what it is paid in.");
  return found;
}

function accountOf(text: string): Address {
  const address = text.trim();
  if (!isAddress(address)) throw new Unready("An address is 0x and 40 digits.");
  return getAddress(address.toLowerCase());
}
