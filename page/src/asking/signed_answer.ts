// One signed answer, as POST /predict gives it: read strictly, hashed as contracts hash it, its signer recovered here.
// Nothing of what the gateway says of its own answer is believed.
import { encodeAbiParameters, type Hex, isAddress, keccak256, recoverTypedDataAddress } from "viem";
import { domain, prediction } from "../chain/types";

/** What `andel.serving.prediction` calls a Prediction. Times are seconds of the chain's clock. */
export interface SignedAnswer {
  model: Hex;
  version: Hex;
  /** 1 to 64 words of 32 bytes. */
  question: Hex;
  /** In steps of `unit`. */
  answer: bigint;
  /** What one step is, for people: "0.01 degC". Not signed. */
  unit: string;
  issuedAt: bigint;
  validUntil: bigint;
  signer: Hex;
  signature: Hex;
}

/** A record of unknown origin that is no signed answer; the message says which field. */
export class NoAnswer extends Error {}

const FIELDS = "answer issued_at model question signature signer unit valid_until version";
const MAX_QUESTION_BYTES = 2_048;
const INT256 = 1n << 255n;
const UINT64 = 1n << 64n;
const EXACT = 1n << 53n;

/** The answer in parsed JSON of unknown origin. Throws NoAnswer. */
export function readSignedAnswer(record: unknown): SignedAnswer {
  if (typeof record !== "object" || record === null || Array.isArray(record)) throw new NoAnswer("it is no object");
  const fields = record as Record<string, unknown>;
  if (Object.keys(fields).sort().join(" ") !== FIELDS) throw new NoAnswer(`its fields are not ${FIELDS}`);
  const answer = integer(fields, "answer");
  const issuedAt = integer(fields, "issued_at");
  const validUntil = integer(fields, "valid_until");
  if (answer < -INT256 || answer >= INT256) throw new NoAnswer("its answer is outside int256");
  if (issuedAt < 0n || issuedAt > validUntil || validUntil >= UINT64) throw new NoAnswer("its times are no span");
  const question = hex(fields, "question");
  const length = question.length / 2 - 1;
  if (length % 32 !== 0 || length < 32 || length > MAX_QUESTION_BYTES)
    throw new NoAnswer("its question is not whole words");
  const unit = fields.unit;
  if (typeof unit !== "string" || unit.length === 0 || unit.length > 256) throw new NoAnswer("its unit is no text");
  return {
    model: address(fields, "model"),
    version: hex(fields, "version", 32),
    question,
    answer,
    unit,
    issuedAt,
    validUntil,
    signer: address(fields, "signer"),
    signature: hex(fields, "signature", 65),
  };
}

/** The same answer as `readSignedAnswer` took it: integers from 2^53 on as text. */
export function writeSignedAnswer(signed: SignedAnswer): Record<string, string | number> {
  return {
    model: signed.model,
    version: signed.version,
    question: signed.question,
    answer: jsonInteger(signed.answer),
    unit: signed.unit,
    issued_at: jsonInteger(signed.issuedAt),
    valid_until: jsonInteger(signed.validUntil),
    signer: signed.signer,
    signature: signed.signature,
  };
}

/** The fields of EIP-712 `Prediction`. */
export function messageOf(signed: SignedAnswer) {
  return {
    model: signed.model,
    version: signed.version,
    inputHash: keccak256(signed.question),
    outputHash: keccak256(encodeAbiParameters([{ type: "int256" }], [signed.answer])),
    issuedAt: signed.issuedAt,
    validUntil: signed.validUntil,
  };
}

/** Who signed it for `chainId` and the model `manager`; null where the signature has no signer. */
export async function signerOf(signed: SignedAnswer, chainId: number, manager: Hex): Promise<Hex | null> {
  try {
    return await recoverTypedDataAddress({
      domain: { ...domain, chainId, verifyingContract: manager },
      types: prediction,
      primaryType: "Prediction",
      message: messageOf(signed),
      signature: signed.signature,
    });
  } catch {
    return null;
  }
}

function integer(fields: Record<string, unknown>, name: string): bigint {
  const value = fields[name];
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?[1-9][0-9]{15,77}$/.test(value)) {
    const found = BigInt(value);
    if (found >= EXACT || found <= -EXACT) return found;
  }
  throw new NoAnswer(`its ${name} is not an integer`);
}

function jsonInteger(value: bigint): string | number {
  return value > -EXACT && value < EXACT ? Number(value) : value.toString();
}

function hex(fields: Record<string, unknown>, name: string, length?: number): Hex {
  const value = fields[name];
  const found = typeof value === "string" && value.length <= 2 * MAX_QUESTION_BYTES + 2 && /^0x[0-9a-f]*$/.test(value);
  if (found && value.length % 2 === 0 && (length === undefined || value.length === 2 * length + 2)) return value as Hex;
  throw new NoAnswer(`its ${name} is not ${length ?? "whole"} bytes in lower-case hex`);
}

function address(fields: Record<string, unknown>, name: string): Hex {
  const value = fields[name];
  if (typeof value === "string" && isAddress(value, { strict: true }) && value !== value.toLowerCase()) return value;
  // an address without letters has no case
  if (typeof value === "string" && /^0x[0-9]{40}$/.test(value)) return value as Hex;
  throw new NoAnswer(`its ${name} is no checksummed address`);
}
