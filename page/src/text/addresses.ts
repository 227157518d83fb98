// Addresses and hashes: short for the eye, whole for the clipboard and the screen reader.
export const NOBODY = "0x0000000000000000000000000000000000000000";

/** `0x1234…abcd`; text of up to 14 characters stays whole. */
export function shortHex(hex: string): string {
  return hex.length > 14 ? `${hex.slice(0, 6)}…${hex.slice(-4)}` : hex;
}

export function isAddress(text: string): text is `0x${string}` {
  return /^0x[0-9a-fA-F]{40}$/.test(text);
}

export function isSameAddress(one: string | null | undefined, other: string | null | undefined): boolean {
  return !!one && !!other && one.toLowerCase() === other.toLowerCase();
}
