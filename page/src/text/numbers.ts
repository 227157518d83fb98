// Plain numbers with their unit, in the reader's locale.
import { formatUnit } from "./units";

/** A whole number with the locale's group marks. */
export function formatCount(count: number, locale?: string): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }).format(count);
}

/** A measured number with three significant digits or more, and its unit; `—` where nothing was measured. */
export function formatMeasure(value: number | null | undefined, unit = "", locale?: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "—";
  const large = Math.abs(value) >= 1000;
  const text = new Intl.NumberFormat(
    locale,
    large ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 },
  ).format(value);
  return unit ? `${text}\u00a0${formatUnit(unit)}` : text;
}

/** `one` or `many` by the count, the count in front: `formatCounted(2, "device", "devices")` is `"2 devices"`. */
export function formatCounted(count: number, one: string, many: string, locale?: string): string {
  return `${formatCount(count, locale)}\u00a0${count === 1 ? one : many}`;
}

/** Bytes as people say them: 812 B, 3.4 kB, 1.2 MB. */
export function formatBytes(bytes: number, locale?: string): string {
  const [value, unit] = bytes < 1000 ? [bytes, "B"] : bytes < 1e6 ? [bytes / 1000, "kB"] : [bytes / 1e6, "MB"];
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(value)}\u00a0${unit}`;
}
