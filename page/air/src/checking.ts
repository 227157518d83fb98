// What the browser finds out by itself about a forecast: who signed each answer, and whether the sum of them is what is
// shown. The server's word counts for none of it.
import { readSignedAnswer, type SignedAnswer, signerOf } from "../../src/asking/signed_answer";
import { isSameAddress } from "../../src/text/addresses";
import type { About, Estimate, Forecast, ModelName, ModelTold, Standard } from "./shapes";
import { boundsOf, indexOf, weightsAt } from "./summing";

/** One signed answer: about which station, by which model, and what is wrong with it (null: nothing). */
export interface AnswerCheck {
  readonly station: string;
  readonly model: ModelName;
  readonly signed: SignedAnswer | null;
  readonly wrong: string | null;
}

export interface Checked {
  readonly forecast: Forecast;
  readonly answers: readonly AnswerCheck[];
  /** What is wrong with the sums: empty where they are what is shown. */
  readonly wrongSums: readonly string[];
}

const ROUNDED = 0.011;

/** Everything at once. Throws nothing. */
export async function checkForecast(forecast: Forecast, about: About, standard: Standard): Promise<Checked> {
  const parts: readonly (readonly [ModelName, Estimate])[] = [
    ["dust", forecast.pm2_5],
    ["temperature", forecast.temperature],
  ];
  const answers = await Promise.all(
    parts.flatMap(([name, estimate]) =>
      estimate.stations.map((heard) =>
        checkAnswer(heard.station, name, heard.signed, heard.value, about.models[name], about.chain_id),
      ),
    ),
  );
  const wrongSums = parts.flatMap(([name, estimate]) => wrongSum(name, estimate, forecast, about));
  const [low, high] = boundsOf(sumOf(forecast.pm2_5, forecast, about, "dust"), about.models.dust.between);
  const dust = sumOf(forecast.pm2_5, forecast, about, "dust");
  for (const [what, value, told] of [
    ["index", dust, forecast.index],
    ["index of the lower bound", low, forecast.index_low],
    ["index of the upper bound", high, forecast.index_high],
  ] as const) {
    // a value on a step's very edge may fall to either side in binary fractions
    const near = [value - 1e-9, value, value + 1e-9].map((each) => indexOf(each, standard));
    if (!near.includes(told)) wrongSums.push(`The ${what} is ${near[1]} here, and was told as ${told}.`);
  }
  return { forecast, answers, wrongSums };
}

async function checkAnswer(
  station: string,
  model: ModelName,
  record: unknown,
  value: number,
  told: ModelTold,
  chainId: number,
): Promise<AnswerCheck> {
  try {
    const signed = readSignedAnswer(record);
    const signer = await signerOf(signed, chainId, signed.model);
    const wrong = !isSameAddress(signed.model, told.model)
      ? "It is another model's answer."
      : signer === null || !isSameAddress(signer, told.signer)
        ? "It was not signed by the account that the run names."
        : Math.abs(Number(signed.answer) * 10 ** told.exponent - value) > ROUNDED
          ? "It says another value than is shown."
          : null;
    return { station, model, signed, wrong };
  } catch (error) {
    return { station, model, signed: null, wrong: error instanceof Error ? error.message : String(error) };
  }
}

function sumOf(estimate: Estimate, forecast: Forecast, about: About, name: ModelName): number {
  const places = estimate.stations.map(
    (heard) => about.stations.find((station) => station.name === heard.station)?.place ?? ([Number.NaN, 0] as const),
  );
  const told = about.models[name];
  const weights = weightsAt(forecast.place, places, told.between.power);
  return estimate.stations.reduce((sum, heard, station) => {
    const answer = Number((heard.signed as { answer?: unknown } | null)?.answer) * 10 ** told.exponent;
    return sum + (weights[station] ?? Number.NaN) * answer;
  }, 0);
}

function wrongSum(name: ModelName, estimate: Estimate, forecast: Forecast, about: About): string[] {
  const value = sumOf(estimate, forecast, about, name);
  const [low, high] = boundsOf(value, about.models[name].between);
  const wrong = (
    [
      [value, estimate.value, "value"],
      [low, estimate.low, "lower bound"],
      [high, estimate.high, "upper bound"],
    ] as const
  ).filter(([here, told]) => !(Math.abs(here - told) <= ROUNDED));
  return wrong.map(
    ([here, told, what]) => `The ${what} of ${name} is ${here.toFixed(2)} here, and was told as ${told}.`,
  );
}
