// An account's place on the list of an offering that only listed accounts may buy from.
import { type Hex, isHex } from "viem";

/** A place on an offering's list, in a text of unknown origin; null for what is none. */
export function placeIn(text: string): { most: bigint; proof: Hex[] } | null {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return null;
  }
  const { most, proof } = (record ?? {}) as { most?: unknown; proof?: unknown };
  if (typeof most !== "string" || !/^\d{1,78}$/.test(most) || !Array.isArray(proof) || proof.length > 64) return null;
  if (!proof.every((item): item is Hex => isHex(item) && item.length === 66)) return null;
  return { most: BigInt(most), proof };
}
