// x402 version 2 as a payer speaks it (scheme exact, ERC-3009): from the demand of a 402 to the header that pays it.
// Pays nothing by itself: the wallet signs what `transferToSign` gives, after its reader has seen the price.
import { getAddress, type Hex, isAddress, type TypedDataDomain } from "viem";
import { transferWithAuthorization } from "../chain/types";
import { fromBase64, toBase64 } from "./answer_link";

export const DEMAND_HEADER = "PAYMENT-REQUIRED";
export const PAYMENT_HEADER = "PAYMENT-SIGNATURE";
export const RECEIPT_HEADER = "PAYMENT-RESPONSE";
const IDENTIFIER = "payment-identifier";
const MAX_HEADER = 8_192;
const MAX_ACCEPTS = 16;
const LEAST_SECONDS = 30;
const MOST_SECONDS = 3_600;

/** One way of paying that a server takes, and what is needed to pay that way. */
export interface Demand {
  chainId: number;
  asset: Hex;
  amount: bigint;
  payTo: Hex;
  seconds: number;
  /** Name and version of the token's own EIP-712 domain. */
  name: string;
  version: string;
  /** As they came, given back unchanged. */
  accepted: unknown;
  resource: unknown;
  extensions: Record<string, unknown> | null;
  /** Why the server demands: "no payment", or what was wrong with the last one. */
  reason: string;
}

/** What a payer signs (ERC-3009). */
export interface Transfer {
  from: Hex;
  to: Hex;
  value: bigint;
  validAfter: bigint;
  validBefore: bigint;
  nonce: Hex;
}

/** A demand that cannot be paid from here; the message says why. */
export class CannotPay extends Error {}

/** The first way of paying on `chainId` in the header PAYMENT-REQUIRED. Throws CannotPay. */
export function readDemand(header: string | null, chainId: number): Demand {
  if (header === null || header.length > MAX_HEADER)
    throw new CannotPay("The gateway asks for a payment without saying which.");
  let record: unknown;
  try {
    record = JSON.parse(fromBase64(header));
  } catch {
    throw new CannotPay("The gateway's demand for a payment cannot be read.");
  }
  const demand = object(record);
  if (demand?.x402Version !== 2 || !Array.isArray(demand.accepts))
    throw new CannotPay("The gateway demands a payment by another version of x402 than 2.");
  for (const accepted of demand.accepts.slice(0, MAX_ACCEPTS)) {
    const found = way(object(accepted), chainId);
    if (found === null) continue;
    const extensions = object(demand.extensions);
    const reason = typeof demand.error === "string" ? demand.error : "no payment";
    return { ...found, accepted, resource: demand.resource, extensions, reason };
  }
  throw new CannotPay(`The gateway takes no payment that an account on chain ${chainId} can sign.`);
}

/** The typed data of the transfer that pays, to be signed by the payer's wallet. `now` is the chain's clock. */
export function transferToSign(demand: Demand, from: Hex, now: bigint, nonce: Hex) {
  const seconds = Math.min(Math.max(demand.seconds, LEAST_SECONDS), MOST_SECONDS);
  const message: Transfer = {
    from,
    to: demand.payTo,
    value: demand.amount,
    validAfter: 0n,
    validBefore: now + BigInt(seconds),
    nonce,
  };
  const domain: TypedDataDomain = {
    name: demand.name,
    version: demand.version,
    chainId: demand.chainId,
    verifyingContract: demand.asset,
  };
  return { domain, types: transferWithAuthorization, primaryType: "TransferWithAuthorization", message } as const;
}

/** The value of PAYMENT-SIGNATURE. `identifier` is the payer's own name for the payment, which alone fetches the answer. */
export function paymentHeader(demand: Demand, transfer: Transfer, signature: Hex, identifier: string): string {
  const authorization = {
    from: transfer.from,
    to: transfer.to,
    value: transfer.value.toString(),
    validAfter: transfer.validAfter.toString(),
    validBefore: transfer.validBefore.toString(),
    nonce: transfer.nonce,
  };
  const payload: Record<string, unknown> = {
    x402Version: 2,
    payload: { authorization, signature },
    accepted: demand.accepted,
  };
  if (demand.resource !== undefined && demand.resource !== null) payload.resource = demand.resource;
  if (demand.extensions !== null) payload.extensions = named(demand.extensions, identifier);
  return toBase64(JSON.stringify(payload));
}

/** Whether the server takes a payer's own names for payments. */
export function takesIdentifiers(demand: Demand): boolean {
  return object(demand.extensions?.[IDENTIFIER]) !== null;
}

/** The transaction that paid, from the header PAYMENT-RESPONSE; null where it tells none. */
export function receiptOf(header: string | null): Hex | null {
  if (header === null || header.length > MAX_HEADER) return null;
  try {
    const transaction = object(JSON.parse(fromBase64(header)))?.transaction;
    return typeof transaction === "string" && /^0x[0-9a-fA-F]{64}$/.test(transaction) ? (transaction as Hex) : null;
  } catch {
    return null;
  }
}

/** 32 random bytes that nobody can guess. */
export function randomNonce(): Hex {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function named(extensions: Record<string, unknown>, identifier: string): Record<string, unknown> {
  const declared = object(extensions[IDENTIFIER]);
  if (declared === null) return extensions;
  return { ...extensions, [IDENTIFIER]: { ...declared, info: { ...object(declared.info), id: identifier } } };
}

function way(accepted: Record<string, unknown> | null, chainId: number) {
  if (accepted === null || accepted.scheme !== "exact" || accepted.network !== `eip155:${chainId}`) return null;
  const { asset, amount, payTo, maxTimeoutSeconds } = accepted;
  const extra = object(accepted.extra);
  if (typeof asset !== "string" || typeof payTo !== "string" || !isAddress(asset) || !isAddress(payTo)) return null;
  if (typeof amount !== "string" || !/^[1-9][0-9]{0,77}$/.test(amount)) return null;
  const { name, version } = extra ?? {};
  if (typeof name !== "string" || typeof version !== "string" || name.length > 64 || version.length > 64) return null;
  const seconds = typeof maxTimeoutSeconds === "number" ? maxTimeoutSeconds : LEAST_SECONDS;
  return {
    chainId,
    asset: getAddress(asset),
    amount: BigInt(amount),
    payTo: getAddress(payTo),
    seconds,
    name,
    version,
  };
}

function object(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
