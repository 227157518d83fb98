// What GET /model says can be asked, made into the fields of a form, and what was filled in made into a request.
// Values are sent as the texts that were written, so that no float rounds them.
import { capital } from "../text/units";
import { plainDecimal } from "./decimals";

/** One feature as the gateway describes it; ranges are decimal texts in the channel's unit. */
export interface DescribedFeature {
  name: string;
  kind: string;
  channel?: string;
  low?: string;
  high?: string;
  unit?: string | null;
  step?: string;
  seconds?: number;
  samples?: number;
  harmonic?: number;
  amplitude?: number;
}

export interface DescribedPrice {
  route: string;
  token: `0x${string}`;
  amount: string;
  period: number;
  rate_per_day: number;
  transferable: boolean;
}

/** GET /model of the gateway, as far as the page uses it. */
export interface DescribedModel {
  name: string;
  target: string;
  unit: string;
  step: string;
  horizon_seconds: number;
  channels: Record<string, string | null>;
  features: DescribedFeature[];
  model: `0x${string}`;
  chain_id: number | string;
  version: `0x${string}`;
  format: string;
  question_bytes: number;
  signer: `0x${string}`;
  valid_seconds: number;
  terms?: {
    access: "open" | "holders" | "paid";
    licence_hash: `0x${string}`;
    prices: DescribedPrice[];
    passes: `0x${string}` | null;
    policy: `0x${string}`;
  };
}

/** The same, with the units of channels that the gateway does not name, where somebody else knows them by name. */
export function withUnits(
  model: DescribedModel,
  known: readonly { readonly name: string; readonly unit: string | null }[],
): DescribedModel {
  const units = new Map(known.map((feature) => [feature.name, feature.unit]));
  const channels = Object.entries(model.channels).map(
    ([name, unit]) => [name, unit ?? units.get(name.replace(/@.*$/, "")) ?? null] as const,
  );
  return { ...model, channels: Object.fromEntries(channels) };
}

/** One number to be filled in. */
export interface ValueField {
  /** As the gateway names it: "temperature", "temperature@-3600". */
  name: string;
  channel: string;
  /** Seconds before the moment asked about. */
  back: number;
  unit: string | null;
  /** What the model tells apart, decimal texts; beyond it the nearest end counts. Null where it is not said. */
  low: string | null;
  high: string | null;
  isTarget: boolean;
}

/** The fields of a question by values: the target first, then by channel, the newest first. */
export function fieldsOf(model: DescribedModel): ValueField[] {
  const ranges = new Map<string, [string, string]>();
  for (const feature of model.features)
    if (feature.channel && feature.low !== undefined && feature.high !== undefined && feature.kind !== "difference")
      ranges.set(feature.channel, [feature.low, feature.high]);
  const fields = Object.entries(model.channels).map(([name, unit]) => {
    const [channel = name, back] = name.split("@-");
    const range = ranges.get(channel);
    const isTarget = name === model.target;
    const low = range?.[0] ?? null;
    return { name, channel, back: back ? Number(back) : 0, unit, low, high: range?.[1] ?? null, isTarget };
  });
  return fields.sort(
    (a, b) =>
      Number(b.channel === model.target) - Number(a.channel === model.target) ||
      a.channel.localeCompare(b.channel) ||
      a.back - b.back,
  );
}

/** What a field is called for people: "temperature", "temperature 1 hour before". */
export function labelOf(field: ValueField, locale: string): string {
  const name = capital(field.channel.replaceAll("_", " "));
  return field.back ? `${name} ${spanText(field.back, locale)} before` : name;
}

/** A span in its largest whole unit: 3600 is "1 hour", 10,800 "3 hours", 5400 "90 minutes". */
export function spanText(seconds: number, locale: string): string {
  const units: [number, string][] = [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
  ];
  const [size, unit] = units.find(([size]) => seconds % size === 0) ?? [1, "second"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(seconds / size);
}

/** What is wrong with what was written in a field, as a sentence; null where nothing is. */
export function complaint(field: ValueField, written: string, locale: string): string | null {
  if (written.trim() === "") return "Needed: a missing value is never guessed.";
  return plainDecimal(written, locale) === null
    ? `Not a number. Write it as ${example(field, locale)}${field.unit ? ` (${field.unit})` : ""}.`
    : null;
}

/** A warning where a value lies beyond what the model tells apart; null where it does not. */
export function caution(field: ValueField, written: string, locale: string): string | null {
  const text = plainDecimal(written, locale);
  if (text === null || field.low === null || field.high === null) return null;
  if (compare(text, field.low) < 0) return `Below ${field.low}: counts as ${field.low} for the model.`;
  if (compare(text, field.high) > 0) return `Above ${field.high}: counts as ${field.high} for the model.`;
  return null;
}

/** The body of POST /predict, and the same values as plain decimal texts; null where a field holds no number. */
export function bodyOf(
  fields: readonly ValueField[],
  written: Readonly<Record<string, string>>,
  seconds: number,
  locale: string,
): { body: string; values: Record<string, string> } | null {
  const values: Record<string, string> = {};
  for (const field of fields) {
    const text = plainDecimal(written[field.name] ?? "", locale);
    if (text === null) return null;
    values[field.name] = text;
  }
  return { body: JSON.stringify({ values, time: seconds }), values };
}

/** What asking costs by the gateway's terms. */
export type Cost =
  | { kind: "free" }
  | { kind: "holders" }
  | { kind: "paid"; perCall: DescribedPrice | null; passes: DescribedPrice[] };

export function costOf(model: DescribedModel): Cost {
  const terms = model.terms;
  if (terms === undefined || terms.access === "open") return { kind: "free" };
  if (terms.access === "holders") return { kind: "holders" };
  const calls = terms.prices.filter((price) => price.route === "predict" && price.period === 0);
  const perCall = calls[0] ?? null;
  if (perCall !== null && BigInt(perCall.amount) === 0n) return { kind: "free" };
  return { kind: "paid", perCall, passes: terms.prices.filter((price) => price.period > 0) };
}

function example(field: ValueField, locale: string): string {
  const middle = field.low !== null && field.high !== null ? (Number(field.low) + Number(field.high)) / 2 : 21.5;
  return new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(middle);
}

function compare(a: string, b: string): number {
  return Number(a) - Number(b);
}
