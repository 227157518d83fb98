// The packed question that measured values make, as `Predictor.question_of` and `andel.data.features` make it: so the
// page knows that what was signed is what was asked, and not another question that has the answer.
import { type Hex, toHex } from "viem";
import { floorDiv, stepsHalfEven } from "./decimals";
import type { DescribedFeature, DescribedModel } from "./model_form";

const DAY = 86_400;
/** A year of 365.25 days, in quarters of a day. */
const YEAR_QUARTERS = 1_461;
const BASE_LIMIT = 1n << 31n;

/** The question's bytes for plain decimal values at `seconds`; null where the gateway does not say all that it takes. */
export function packedQuestion(
  model: DescribedModel,
  values: Readonly<Record<string, string>>,
  seconds: number,
): Hex | null {
  const target = values[model.target];
  if (target === undefined) return null;
  const base = stepsHalfEven(target, model.step);
  if (base < -BASE_LIMIT || base >= BASE_LIMIT || model.features.length > model.question_bytes - 4) return null;
  const bytes = new Uint8Array(model.question_bytes);
  for (const [index, feature] of model.features.entries()) {
    const code = codeOf(feature, values, seconds);
    if (code === null) return null;
    bytes[index] = code;
  }
  new DataView(bytes.buffer).setInt32(bytes.length - 4, Number(base));
  return toHex(bytes);
}

function codeOf(feature: DescribedFeature, values: Readonly<Record<string, string>>, seconds: number): number | null {
  if (feature.channel === undefined) return clockCode(feature, seconds);
  const { step, low: lowText, high: highText } = feature;
  if (step === undefined || lowText === undefined || highText === undefined) return null;
  const measured: bigint[] = [];
  for (const name of valueNames(feature, feature.channel)) {
    const text = values[name];
    if (text === undefined) return null;
    measured.push(stepsHalfEven(text, step));
  }
  const [first = 0n, second = 0n] = measured;
  const sum = measured.reduce((total, value) => total + value, 0n);
  const value = feature.kind === "difference" ? first - second : floorDiv(sum, BigInt(measured.length));
  const low = stepsHalfEven(lowText, step);
  const high = stepsHalfEven(highText, step);
  if (value <= low) return 0;
  return value >= high ? 255 : Number(((value - low) * 255n) / (high - low));
}

/** The names of the values that a feature looks at, now first. */
function valueNames(feature: DescribedFeature, channel: string): string[] {
  const seconds = feature.seconds ?? 0;
  const named = (back: number) => (back ? `${channel}@-${back}` : channel);
  if (feature.kind === "lag") return [named(seconds)];
  if (feature.kind === "difference") return [named(0), named(seconds)];
  if (feature.kind === "mean" && feature.samples) {
    const apart = seconds / feature.samples;
    return Array.from({ length: feature.samples }, (_, index) => named(index * apart));
  }
  return [named(0)];
}

/** Sine or cosine of the hour or the day; no value lies near an integer, so a float's last bit never decides. */
function clockCode(feature: DescribedFeature, seconds: number): number | null {
  const { harmonic, amplitude, kind } = feature;
  if (harmonic === undefined || amplitude === undefined) return null;
  let part = seconds % DAY;
  let whole = DAY;
  if (kind.startsWith("year")) {
    const days = Math.floor(seconds / DAY);
    const year = new Date(days * DAY * 1_000).getUTCFullYear();
    part = (days - Date.UTC(year, 0, 1) / (DAY * 1_000)) * 4;
    whole = YEAR_QUARTERS;
  }
  const angle = (2 * Math.PI * ((part * harmonic) % whole)) / whole;
  return Math.floor(128 + amplitude * (kind.endsWith("sin") ? Math.sin(angle) : Math.cos(angle)) + 0.25);
}
