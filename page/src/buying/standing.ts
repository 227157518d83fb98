// Where an offering stands, in words and in parts of its whole. Amounts are whole units of the payment token.
import type { Offering } from "../api/shapes";

export interface Standing {
  /** Of what all tokens cost, 0 to 1; more is bid once it passes 1. */
  readonly part: number;
  /** Where on the same scale the minimum lies. */
  readonly minimumPart: number;
  readonly isOverMinimum: boolean;
  readonly isOverTarget: boolean;
}

const MILLION = 1_000_000n;

export function standingOf(offering: Offering): Standing {
  const raised = BigInt(offering.raised);
  const target = BigInt(offering.target);
  const minimum = BigInt(offering.minimum);
  const partOf = (amount: bigint) => (target > 0n ? Number((amount * MILLION) / target) / 1_000_000 : 0);
  return {
    part: partOf(raised),
    minimumPart: Math.min(1, partOf(minimum)),
    isOverMinimum: raised >= minimum,
    isOverTarget: raised >= target,
  };
}

/** Tokens (base units) that `paid` would get if nobody else paid any more; what is too much comes back. */
export function tokensFor(paid: bigint, offering: Offering): bigint {
  const price = BigInt(offering.price);
  const target = BigInt(offering.target);
  const raised = BigInt(offering.raised) + paid;
  if (price === 0n || raised === 0n) return 0n;
  if (raised < target) return (paid * 10n ** BigInt(offering.token.decimals)) / price;
  return (BigInt(offering.offered) * paid) / raised;
}

/** Units that would come back to who pays `paid`, if nobody else paid any more. */
export function backFor(paid: bigint, offering: Offering): bigint {
  const raised = BigInt(offering.raised) + paid;
  const target = BigInt(offering.target);
  return raised > target ? (paid * (raised - target)) / raised : 0n;
}
