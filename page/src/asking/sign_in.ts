// Proving to the gateway which account asks: a session by Sign-In with Ethereum (ERC-4361) where the gateway has it, else a
// signed PassUse. Both live in memory only and count for an hour; nothing of them is kept.
import type { TypedDataDomain } from "viem";
import { post } from "../api/client";
import { head } from "../api/live";
import type { Address, Network } from "../api/shapes";
import { domain, passUse } from "../chain/types";
import { createStore } from "../state";
import type { Connection } from "../wallet/connection";
import { signText, signTypedData } from "../wallet/typed_data";

export interface Proof {
  readonly account: Address;
  /** The value of Authorization. */
  readonly header: string;
  /** Its last second, by the chain's clock. */
  readonly until: number;
}

/** The proof of this visit, if one was made. */
export const proof = createStore<Proof | null>(null);

const PROOF_SECONDS = 3_540;
/** What the text to sign must say of itself, so that a gateway cannot have anything else signed by this way. */
const TEXT = /^\S+ wants you to sign in with your Ethereum account:\n(0x[0-9a-fA-F]{40})\n/;

/** The header of the present proof for `account`; null where there is none, or it is over. */
export function proofOf(account: Address | null): string | null {
  const now = proof.get();
  const time = head.get()?.time ?? 0;
  return now !== null && now.account === account && time < now.until ? now.header : null;
}

/** Has the wallet sign, and keeps the proof for this visit. Throws the wallet's error, ApiError, or Error. */
export async function proveAccount(
  connected: Connection,
  network: Network,
  model: { model: Address; signer: Address },
): Promise<void> {
  const { account, wallet } = connected;
  if (network.gateway.sign_in) {
    const { text } = await post<{ text: string }>("sign-in/text", { account });
    checkText(text, account);
    const signature = await signText(wallet.provider, account, text);
    const { session, until } = await post<{ session: string; until: number }>("sign-in", { text, signature });
    proof.set({ account, header: `Bearer ${session}`, until });
    return;
  }
  const until = (head.get()?.time ?? network.chain.time) + PROOF_SECONDS;
  const typed: TypedDataDomain = { ...domain, chainId: network.chain.id, verifyingContract: model.model };
  const message = { model: model.model, holder: account, server: model.signer, until: BigInt(until) };
  const data = { domain: { ...typed }, types: passUse, primaryType: "PassUse", message };
  const signature = (await signTypedData(wallet.provider, account, data)).toLowerCase();
  proof.set({ account, header: `AndelPass holder=${account} until=${until} signature=${signature}`, until });
}

/** Throws where a text is not one by which this account signs in here. */
export function checkText(text: string, account: Address, origin: string = location.origin): void {
  const named = TEXT.exec(text)?.[1];
  const uri = /\nURI: (\S+)\n/.exec(text)?.[1];
  if (named?.toLowerCase() !== account.toLowerCase()) throw new Error("The gateway's text is not one to sign in with.");
  if (uri !== origin)
    throw new Error(`The gateway signs people in at ${uri ?? "no address"}, and this page is at ${origin}.`);
}
