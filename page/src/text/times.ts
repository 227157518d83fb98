// Times of the chain's clock (unix seconds) and spans, in the reader's locale and time zone.

/** Date and time. */
export function formatTime(seconds: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);
}

/** The date alone. */
export function formatDate(seconds: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(seconds * 1000);
}

const SPANS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** How far `seconds` lies from `now`: "3 hours ago", "in 2 days". Both in unix seconds. */
export function formatSince(seconds: number, now: number, locale?: string): string {
  const away = seconds - now;
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const [unit, span] of SPANS) {
    if (Math.abs(away) >= span) return format.format(Math.trunc(away / span), unit);
  }
  return format.format(Math.trunc(away), "second");
}

/** A span in its two largest parts: 3 h 20 min, 7 d, 40 s. */
export function formatSpan(seconds: number, locale?: string): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(seconds));
  for (const [unit, span] of [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
    ["second", 1],
  ] as const) {
    const count = Math.floor(rest / span);
    if (count > 0) {
      parts.push(new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(count));
      rest -= count * span;
    }
    if (parts.length === 2) break;
  }
  return parts.join("\u00a0") || new Intl.NumberFormat(locale, { style: "unit", unit: "second" }).format(0);
}

/** A span in one word where it is a round one: "hour", "3 hours", "week", "2 weeks". */
export function formatPeriod(seconds: number, locale?: string): string {
  for (const [unit, span] of SPANS) {
    if (seconds >= span && seconds % span === 0) {
      const count = seconds / span;
      if (count === 1) return unit;
      return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
    }
  }
  return formatSpan(seconds, locale);
}
