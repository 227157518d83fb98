// Decimal texts in exact arithmetic: what a reader writes in its own language, and steps of a power of ten as the model
// takes them. No number goes through a float on its way to the model.

const PLAIN = /^-?[0-9]{1,30}(\.[0-9]{1,30})?$/;

/** A plain decimal text, as "-21.5", for what somebody wrote in `locale`; null for what is no number there. */
export function plainDecimal(written: string, locale: string): string | null {
  const parts = new Intl.NumberFormat(locale, { useGrouping: true, numberingSystem: "latn" }).formatToParts(12345.6);
  const mark = parts.find((part) => part.type === "decimal")?.value ?? ".";
  const group = parts.find((part) => part.type === "group")?.value ?? "";
  let text = written.normalize("NFKC").replace(/[\s\u00a0\u202f'’]/gu, "");
  text = text.replace(/^[\u2212\u2013]/u, "-").replace(/^\+/u, "");
  // groups count as such only where they stand as groups: "1,234" in English is refused nowhere, "1,2" is
  if (group && /^-?[0-9]{1,3}([^0-9][0-9]{3})+([^0-9][0-9]+)?$/u.test(text) && !(group === "." && PLAIN.test(text)))
    text = text.replaceAll(group, "");
  if (mark !== ".") text = text.replace(mark, ".");
  if (text.startsWith(".")) text = `0${text}`;
  if (text.startsWith("-.")) text = `-0${text.slice(1)}`;
  if (text.endsWith(".")) text = text.slice(0, -1);
  return PLAIN.test(text) ? text : null;
}

/** A plain decimal text as an integer and its decimals: "-21.50" is [-2150n, 2]. */
export function partsOf(text: string): [mantissa: bigint, decimals: number] {
  const [whole = "", part = ""] = text.split(".");
  return [BigInt(whole + part), part.length];
}

/** `text` in steps of `step` (a power of ten as text, "0.01" or "100"), to nearest, halves to even. */
export function stepsHalfEven(text: string, step: string): bigint {
  const [value, decimals] = partsOf(text);
  const [unit, unitDecimals] = partsOf(step);
  // value / 10^decimals / (unit / 10^unitDecimals)
  const top = value * 10n ** BigInt(unitDecimals);
  const bottom = unit * 10n ** BigInt(decimals);
  const floor = floorDiv(top, bottom);
  const twice = 2n * (top - floor * bottom);
  if (twice > bottom || (twice === bottom && floor % 2n !== 0n)) return floor + 1n;
  return floor;
}

/** Towards minus infinity, as Python's // does. */
export function floorDiv(top: bigint, bottom: bigint): bigint {
  const cut = top / bottom;
  return top % bottom !== 0n && top < 0n !== bottom < 0n ? cut - 1n : cut;
}

/** A plain decimal text for `count` steps of `step`: (2137, "0.01") is "21.37". */
export function textOfSteps(count: bigint, step: string): string {
  const [unit, decimals] = partsOf(step);
  const value = count * unit;
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  return `${value < 0n ? "-" : ""}${digits.slice(0, cut)}${decimals ? `.${digits.slice(cut)}` : ""}`;
}

/** A plain decimal text without zeros at its end: "40.3600000" is "40.36". */
export function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** A plain decimal text as the reader's locale writes it, all its digits kept: "-0.50" is "-0,50" in German. */
export function formatNumberText(text: string, locale?: string): string {
  const decimals = text.split(".")[1]?.length ?? 0;
  const style = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(locale, style).format(text as Intl.StringNumericLiteral);
}
