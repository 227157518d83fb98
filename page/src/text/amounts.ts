// Amounts of tokens: whole numbers of base units in, words of the reader's locale out, and back. Never a float between.
export interface Amount {
  readonly amount: bigint | string;
  readonly decimals: number;
}

/** The exact decimal text of an amount: `formatExact(1500000n, 6)` is `"1.5"`. */
export function exactDecimal(amount: bigint | string, decimals: number): string {
  const units = BigInt(amount);
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const part = decimals ? digits.slice(-decimals).replace(/0+$/, "") : "";
  return `${negative ? "-" : ""}${whole}${part ? `.${part}` : ""}`;
}

export interface AmountStyle {
  readonly symbol?: string | null;
  /** Most digits after the point; what is below is cut off, so that nobody is shown more than there is. */
  readonly digits?: number;
  readonly compact?: boolean;
  /** Always that many digits after the point, as in a column. */
  readonly isFixed?: boolean;
  readonly locale?: string;
}

/** An amount as the reader's locale writes it, cut to `digits` (4) after the point, with the symbol behind it. */
export function formatAmount(amount: bigint | string, decimals: number, style: AmountStyle = {}): string {
  const exact = exactDecimal(amount, decimals);
  const units = BigInt(amount);
  const digits = style.digits ?? 4;
  const least = 10n ** BigInt(Math.max(0, decimals - digits));
  const behind = style.symbol ? `\u00a0${style.symbol}` : "";
  if (units > 0n && units < least && decimals > digits) {
    return `<\u00a0${numberFormat(style.locale, digits).format(smallest(digits))}${behind}`;
  }
  const way = style.isFixed ? "fixed" : style.compact ? "compact" : "plain";
  return numberFormat(style.locale, digits, way).format(exact as Intl.StringNumericLiteral) + behind;
}

/** The amount a reader typed, in base units; or why it is none. Takes the locale's point and its group marks. */
export function parseAmount(
  text: string,
  decimals: number,
  locale?: string,
): { readonly amount: bigint } | { readonly wrong: string } {
  const marks = new Intl.NumberFormat(locale).formatToParts(1234567.5);
  const point = marks.find((mark) => mark.type === "decimal")?.value ?? ".";
  const group = marks.find((mark) => mark.type === "group")?.value ?? "";
  let plain = text.replace(/[\s\u00a0\u202f]/g, "");
  if (group.trim()) plain = plain.split(group).join("");
  plain = plain.replace(point, ".");
  if (!plain) return { wrong: "Enter an amount." };
  if (plain.length > 80) return { wrong: "That is too long for an amount." };
  const match = /^(\d*)(?:\.(\d*))?$/.exec(plain);
  if (!match || plain === ".") return { wrong: `Enter a number, as in ${numberFormat(locale, 2).format(1.5)}.` };
  const part = match[2] ?? "";
  if (part.length > decimals) return { wrong: `At most ${decimals} digits after the point.` };
  return { amount: BigInt((match[1] || "0") + part.padEnd(decimals, "0")) };
}

/** A part in millionths as a percentage of the reader's locale. */
export function formatShare(ppm: number, locale?: string): string {
  return formatPercent(ppm / 1_000_000, locale);
}

/** The part that `part` is of `whole` in millionths, rounded down; 0 of nothing. */
export function shareOf(part: bigint | string, whole: bigint | string): number {
  const all = BigInt(whole);
  return all > 0n ? Number((BigInt(part) * 1_000_000n) / all) : 0;
}

/** A part of 1 as a percentage; one too small to show is not shown as none. */
export function formatPercent(part: number, locale?: string): string {
  if (part > 0 && part < 0.0001) return `<\u00a0${formatPercent(0.0001, locale)}`;
  return new Intl.NumberFormat(locale, {
    style: "percent",
    maximumFractionDigits: part !== 0 && Math.abs(part) < 0.1 ? 2 : 1,
  }).format(part);
}

function smallest(digits: number): Intl.StringNumericLiteral {
  return (digits ? `0.${"0".repeat(digits - 1)}1` : "1") as Intl.StringNumericLiteral;
}

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(
  locale: string | undefined,
  digits: number,
  way: "plain" | "compact" | "fixed" = "plain",
): Intl.NumberFormat {
  const key = `${locale}/${digits}/${way}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, {
      maximumFractionDigits: digits,
      ...(way === "fixed" ? { minimumFractionDigits: digits } : {}),
      ...(way === "compact" ? { notation: "compact" as const } : {}),
      roundingMode: "trunc",
    } as Intl.NumberFormatOptions);
    formats.set(key, format);
  }
  return format;
}
