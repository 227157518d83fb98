/** The rows to draw, from `start` up to `end`, of a list scrolled to `top`: those in sight and some on both sides. */
export function rowsInSight(
  top: number,
  height: number,
  row: number,
  total: number,
  around = 10,
): { readonly start: number; readonly end: number } {
  const last = Math.min(total, Math.ceil((top + height) / row) + around);
  const first = Math.max(0, Math.min(Math.floor(top / row) - around, last));
  return { start: first, end: Math.max(first, last) };
}
