// A point of P-256 from a public key's bytes: whole, or compressed, whose y is a square root. Verifies no signature: the
// chain does.

const prime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
/** The group's order, and half of it: a signature's s is the lower of two. */
export const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
export const halfOrder = order / 2n;

/** The point in hex without 0x: 33 bytes compressed, 64 (X‖Y) or 65 (04‖X‖Y); null where it is none. */
export function pointOf(hex: string): { x: bigint; y: bigint } | null {
  const whole = hex.length === 130 && hex.startsWith("04") ? hex.slice(2) : hex;
  if (whole.length === 128) {
    const point = { x: BigInt(`0x${whole.slice(0, 64)}`), y: BigInt(`0x${whole.slice(64)}`) };
    return point.x < prime && point.y < prime && (point.y * point.y) % prime === square(point.x) ? point : null;
  }
  if (whole.length !== 66 || !/^0[23]/.test(whole)) return null;
  const x = BigInt(`0x${whole.slice(2)}`);
  if (x >= prime) return null;
  // the prime is 3 modulo 4: a square's root is its power of (p + 1) / 4
  const root = power(square(x), (prime + 1n) / 4n);
  if ((root * root) % prime !== square(x)) return null;
  const isOdd = whole.startsWith("03");
  return { x, y: (root & 1n) === (isOdd ? 1n : 0n) ? root : prime - root };
}

/** x³ − 3x + b, modulo the prime. */
function square(x: bigint): bigint {
  return (((x * x * x - 3n * x + b) % prime) + prime) % prime;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let factor = base, rest = exponent; rest > 0n; rest >>= 1n, factor = (factor * factor) % prime)
    if (rest & 1n) result = (result * factor) % prime;
  return result;
}
