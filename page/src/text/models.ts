// What is said of a model in a few words: what it predicts, how well, for how much.
import type { Access, Lineage, ModelRow, Price } from "../api/shapes";
import { formatAmount, formatPercent } from "./amounts";
import { formatMeasure } from "./numbers";
import { formatPeriod } from "./times";
import { capital, formatUnit } from "./units";

/** The part of the baseline's error that the model takes away; null where nothing was measured to say so. */
export function gainOf(error: number | null, baseline: number | null): number | null {
  return error === null || baseline === null || baseline <= 0 ? null : 1 - error / baseline;
}

const SKILL_ROUNDS = 5;

/** The mean error of the newest measured rounds, and of predicting no change on the same rows; null before the first. */
export function skillOf(lineage: readonly Lineage[], unit: string): ModelRow["skill"] {
  const measured = lineage.filter((each) => each.error !== null).slice(0, SKILL_ROUNDS);
  if (!measured.length) return null;
  const mean = (values: readonly (number | null)[]) =>
    values.reduce<number | null>(
      (sum, value) => (sum === null || value === null ? null : sum + value / values.length),
      0,
    );
  const error = mean(measured.map((each) => each.error));
  if (error === null) return null;
  return { error, baseline: mean(measured.map((each) => each.baseline)), unit, rounds_measured: measured.length };
}

/** "60 % nearer than no change", or by how much it misses. */
export function skillWords(skill: NonNullable<ModelRow["skill"]>, locale?: string): string {
  const gain = gainOf(skill.error, skill.baseline);
  if (gain === null) return `Misses by ${formatMeasure(skill.error, skill.unit, locale)} on average`;
  if (gain <= 0) return "No nearer yet than predicting no change";
  return `${formatPercent(Math.round(gain * 100) / 100, locale)} nearer than predicting no change`;
}

/** "Temperature in °C, 3 hours ahead". */
export function predictsWords(
  model: { predicts: string | null; unit: string | null; horizon_seconds: number | null },
  locale?: string,
): string | null {
  if (!model.predicts) return null;
  const what = capital(model.predicts);
  const unit = model.unit ? ` in ${formatUnit(model.unit)}` : "";
  const ahead = model.horizon_seconds ? `, ${spanAhead(model.horizon_seconds, locale)} ahead` : "";
  return what + unit + ahead;
}

function spanAhead(seconds: number, locale?: string): string {
  const period = formatPeriod(seconds, locale);
  return /\d/.test(period) ? period : `one ${period}`;
}

/** "0.25 USDC a call", "40 USDC for 30 days". */
export function priceWords(price: Price, locale?: string): string {
  const amount = formatAmount(price.amount, price.token.decimals, {
    symbol: price.token.symbol,
    ...(locale ? { locale } : {}),
  });
  return `${amount} ${priceSpan(price, locale)}`;
}

/** What a price pays for: "a call", "for 30 days". */
export function priceSpan(price: Price, locale?: string): string {
  if (!price.period) return "a call";
  const days = price.period / 86_400;
  return `for ${Number.isInteger(days) && days > 1 ? `${days} days` : spanAhead(price.period, locale)}`;
}

const ACCESS: Readonly<Record<string, string>> = {
  open: "Open to everyone",
  paid: "Open to who pays",
  holders: "For holders",
  closed: "Closed",
};

export function accessWords(access: Access | null): string | null {
  return access === null ? null : (ACCESS[access] ?? access);
}
