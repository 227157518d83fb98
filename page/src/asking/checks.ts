// What the page finds out by itself about an answer: who signed it, whether it is what was asked, what the chain says of
// the signer and the version, and what the model answers inside the chain. The gateway's word counts for none of it.
import { type Hex, pad } from "viem";
import type { Network } from "../api/shapes";
import { onchainModels, operators } from "../chain/abi";
import { readContract, refusalName } from "../chain/read";
import { isSameAddress } from "../text/addresses";
import { formatAmount } from "../text/amounts";
import { formatTime } from "../text/times";
import type { DescribedModel } from "./model_form";
import { type SignedAnswer, signerOf } from "./signed_answer";

export interface Check {
  readonly name: string;
  /** Null where it cannot be told from here. */
  readonly holds: boolean | null;
  readonly detail: string;
}

/** The answer of the model's code inside the chain to the same question. */
export type Twin =
  | { readonly kind: "answer"; readonly answer: bigint }
  /** This version has no code on this chain. */
  | { readonly kind: "absent" }
  | { readonly kind: "unread"; readonly reason: string };

/** The checks that need nobody: signature, model, question, time. `packed` is the question as the page packs it. */
export async function ownChecks(
  signed: SignedAnswer,
  network: Network,
  packed: Hex | null,
  told: DescribedModel | null,
  now: number,
): Promise<Check[]> {
  const signer = await signerOf(signed, network.chain.id, network.model);
  const isSigned = signer === signed.signer && isSameAddress(signed.model, network.model);
  const checks: Check[] = [
    {
      name: "Signature",
      holds: isSigned,
      detail: isSigned
        ? `Recovered in this browser: ${signer} signed exactly this answer, for this model on chain ${network.chain.id}.`
        : `It is not ${signed.signer}'s over this answer for this model on chain ${network.chain.id}. Do not use it.`,
    },
  ];
  if (told !== null) {
    const isTold = isSigned && isSameAddress(told.signer, signed.signer);
    checks.push({
      name: "Signer",
      holds: isTold,
      detail: isTold ? "The account by which this gateway says it signs." : "Another account than this gateway names.",
    });
    checks.push(questionCheck(signed, packed));
  }
  const over = Number(signed.validUntil) - now;
  checks.push({
    name: "Time",
    holds: over >= 0,
    detail:
      over >= 0
        ? `Counts until ${formatTime(Number(signed.validUntil))}.`
        : "It is over by the chain's clock. Ask again.",
  });
  return checks;
}

/** What the chain says of the signer and the version. Throws nothing; what cannot be read is told as not known. */
export async function chainChecks(signed: SignedAnswer, network: Network): Promise<Check[]> {
  return Promise.all([signerCheck(signed.signer, network), versionCheck(signed, network)]);
}

/** What the code of the very version that signed answers inside the chain. Throws nothing. */
export async function twinOf(signed: SignedAnswer, network: Network): Promise<Twin> {
  const registry = network.contracts.OnchainModels;
  if (registry === undefined) return { kind: "absent" };
  const question = [modelId(network.model), signed.version, signed.question] as const;
  try {
    return { kind: "answer", answer: await readContract(registry, onchainModels, "predictAt", question) };
  } catch (error) {
    const name = refusalName(error, onchainModels);
    if (name === "OnchainModels_NotPublished") return { kind: "absent" };
    return { kind: "unread", reason: name ?? (error instanceof Error ? error.message : String(error)) };
  }
}

/** A model's id: its RoundManager's address, left-padded. */
export function modelId(manager: Hex): Hex {
  return pad(manager, { size: 32 });
}

function questionCheck(signed: SignedAnswer, packed: Hex | null): Check {
  const name = "Question";
  if (packed === null)
    return { name, holds: null, detail: "This gateway does not say enough to pack it here as well." };
  return packed === signed.question
    ? { name, holds: true, detail: "Packed in this browser from your values: the same bytes as were signed." }
    : { name, holds: false, detail: "Another question than yours was signed. Do not use this answer." };
}

async function signerCheck(signer: Hex, network: Network): Promise<Check> {
  const name = "Stake";
  const { Operators } = network.contracts;
  if (Operators === undefined) return { name, holds: null, detail: "This model has no register of operators." };
  try {
    const { bonded } = await readContract(Operators, operators, "bondOf", [signer]);
    const { symbol, decimals } = network.chain.coin;
    return bonded > 0n
      ? {
          name,
          holds: true,
          detail: `The signer has ${formatAmount(bonded, decimals, { symbol: symbol ?? "coin" })} at stake as an operator of this model.`,
        }
      : {
          name,
          holds: null,
          detail: "The signer has nothing at stake as an operator: the answer is this gateway's word.",
        };
  } catch (error) {
    return { name, holds: null, detail: unread(error) };
  }
}

async function versionCheck(signed: SignedAnswer, network: Network): Promise<Check> {
  const name = "Version";
  const registry = network.contracts.OnchainModels;
  if (registry === undefined) return { name, holds: null, detail: "This model is not on chain." };
  try {
    const [version] = await readContract(registry, onchainModels, "currentOf", [modelId(network.model)]);
    if (BigInt(version) === 0n) return { name, holds: null, detail: "No version was promoted on chain yet." };
    return version === signed.version
      ? { name, holds: true, detail: "The version that the chain says is current." }
      : {
          name,
          holds: null,
          detail: "Another version than the chain's current one: promoted or rolled back just now?",
        };
  } catch (error) {
    return { name, holds: null, detail: unread(error) };
  }
}

function unread(error: unknown): string {
  return `The chain could not be asked: ${error instanceof Error ? error.message : String(error)}`;
}
