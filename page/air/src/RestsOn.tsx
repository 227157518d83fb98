// What a forecast rests on: each station's signed answers, checked in this browser, and the sum of them done again.
import { useEffect, useState } from "preact/hooks";
import { Address } from "../../src/parts/Address";
import { Bones } from "../../src/parts/Bones";
import { Card } from "../../src/parts/Card";
import { MarkLine, Marks, markOf } from "../../src/parts/Marks";
import { formatPercent } from "../../src/text/amounts";
import { formatCounted } from "../../src/text/numbers";
import { type AnswerCheck, type Checked, checkForecast } from "./checking";
import { rounded } from "./Here";
import type { About, Forecast, ModelName, Standard } from "./shapes";

export interface RestsOnProps {
  forecast: Forecast;
  standard: Standard;
  about: About;
}

export function RestsOn({ forecast, standard, about }: RestsOnProps) {
  const [checked, setChecked] = useState<Checked | null>(null);
  useEffect(() => {
    let isLeft = false;
    checkForecast(forecast, about, standard).then((found) => {
      if (!isLeft) setChecked(found);
    });
    return () => {
      isLeft = true;
    };
  }, [forecast, about, standard]);
  const now = checked?.forecast === forecast ? checked : null;
  return (
    <Card title="What it rests on" note={formatCounted(answersOf(forecast), "signed answer", "signed answers")}>
      {now ? <Findings checked={now} about={about} /> : <Bones lines={3} label="Signatures are being checked" />}
      <Answers forecast={forecast} answers={now?.answers ?? null} />
      {now && <Signatures answers={now.answers} />}
    </Card>
  );
}

function Findings({ checked, about }: { checked: Checked; about: About }) {
  const wrong = checked.answers.filter((each) => each.wrong !== null);
  return (
    <Marks label="What this page checked">
      <MarkLine mark={markOf(wrong.length === 0)} name="Signatures">
        {wrong.length === 0
          ? `Recovered in this browser: all ${checked.answers.length} answers were signed by the accounts that the run names, for its two models on chain ${about.chain_id}.`
          : `${wrong.length} of ${checked.answers.length} do not hold. Do not use this forecast. ${wrong[0]?.station}: ${wrong[0]?.wrong}`}
      </MarkLine>
      <MarkLine mark={markOf(checked.wrongSums.length === 0)} name="Sum">
        {checked.wrongSums.length === 0
          ? "Done again in this browser from the signed answers and the distances: the same values, bounds and index."
          : `Do not use this forecast. ${checked.wrongSums.join(" ")}`}
      </MarkLine>
      <MarkLine mark="open" name="Questions">
        That each model was asked what its station had measured is this server’s word.
      </MarkLine>
    </Marks>
  );
}

function Answers({ forecast, answers }: { forecast: Forecast; answers: readonly AnswerCheck[] | null }) {
  const warm = new Map(forecast.temperature.stations.map((heard) => [heard.station, heard]));
  const dust = new Map(forecast.pm2_5.stations.map((heard) => [heard.station, heard]));
  const names = [...new Set([...dust.keys(), ...warm.keys()])];
  const kmOf = (name: string) => (dust.get(name) ?? warm.get(name))?.km ?? 0;
  const state = (station: string, model: ModelName) => {
    const found = answers?.find((each) => each.station === station && each.model === model);
    return found ? (found.wrong === null ? "✓" : "✗") : "";
  };
  return (
    <section class="table-frame" tabIndex={0} aria-label="Answers by station">
      <table class="table tight">
        <caption class="heard">What the models said of each station, and how much it counts at the place</caption>
        <thead>
          <tr>
            <th scope="col">Station</th>
            <th scope="col" class="right">
              Away
            </th>
            <th scope="col" class="right">
              PM2.5
            </th>
            <th scope="col" class="right">
              counts
            </th>
            <th scope="col" class="right">
              °C
            </th>
            <th scope="col" class="right">
              counts
            </th>
          </tr>
        </thead>
        <tbody>
          {names
            .sort((one, other) => kmOf(one) - kmOf(other))
            .map((name) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="right">{rounded(kmOf(name), 1)} km</td>
                {(["dust", "temperature"] as const).map((model) => {
                  const heard = (model === "dust" ? dust : warm).get(name);
                  const sign = state(name, model);
                  return (
                    <>
                      <td class="right">
                        {heard ? rounded(heard.value, 1) : "—"}{" "}
                        {sign && (
                          <>
                            <span aria-hidden="true">{sign}</span>
                            <span class="heard">{sign === "✓" ? "signature holds" : "signature fails"}</span>
                          </>
                        )}
                      </td>
                      <td class="right">{heard ? formatPercent(Math.round(heard.weight * 1000) / 1000) : "—"}</td>
                    </>
                  );
                })}
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}

const WORDS: Readonly<Record<ModelName, string>> = { dust: "fine dust", temperature: "temperature" };

function Signatures({ answers }: { answers: readonly AnswerCheck[] }) {
  return (
    <details class="signatures">
      <summary>The signatures themselves</summary>
      <ul>
        {answers.map((each) => (
          <li key={`${each.station}/${each.model}`}>
            {each.station}, {WORDS[each.model]}:{" "}
            {each.signed ? (
              <>
                <Address value={each.signed.signature} /> by <Address value={each.signed.signer} />, version{" "}
                <Address value={each.signed.version} />
              </>
            ) : (
              each.wrong
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

function answersOf(forecast: Forecast): number {
  return forecast.pm2_5.stations.length + forecast.temperature.stations.length;
}
