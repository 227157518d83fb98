import { useAgainWhile, useResource } from "../../api/resource";
import type { RoundSeries } from "../../api/shapes";
import { Card } from "../../parts/Card";
import { LazyChart } from "../../parts/LazyChart";
import { Loaded } from "../../parts/Loaded";
import { Nothing } from "../../parts/Notice";
import { formatCount, formatCounted, formatMeasure } from "../../text/numbers";
import { formatUnit } from "../../text/units";

const POINTS = 600;

/** How wrong the model was, round by round, beside predicting no change on the same rows. */
export function ErrorCard({ unit }: { unit: string | null }) {
  const series = useResource<RoundSeries>(`/rounds/series?points=${POINTS}`, ["round"]);
  useAgainWhile(series, (shown) =>
    shown.error.some((error, place) => error !== null && shown.baseline[place] === null),
  );
  return (
    <Card
      title="Error, round by round"
      note="Mean absolute error on rows that nobody trained on, attested by the validators"
    >
      <Loaded resource={series} what="The errors" lines={7}>
        {(shown) => <Drawn series={shown} unit={shown.unit ?? unit ?? ""} />}
      </Loaded>
    </Card>
  );
}

function Drawn({ series, unit }: { series: RoundSeries; unit: string }) {
  const measured = series.error.filter((error) => error !== null).length;
  if (!measured) return <Nothing>No round is final yet. The first point appears when one is.</Nothing>;
  const last = series.rounds.at(-1) ?? 0;
  const hasBaseline = series.baseline.some((value) => value !== null);
  const lines = [
    { name: "The model", values: series.error, colour: "lingon" },
    ...(hasBaseline ? [{ name: "No change", values: series.baseline, colour: "stone", dashed: true }] : []),
  ];
  return (
    <>
      <LazyChart
        label={`Error of the model in ${formatCounted(series.rounds.length, "round", "rounds")} up to round ${formatCount(last)}${hasBaseline ? ", beside predicting no change" : ""}, in ${formatUnit(unit)}`}
        x={series.rounds}
        xName="Round"
        lines={lines}
        height={320}
        fromZero
        formatX={formatCount}
        formatY={(error) => formatMeasure(error, unit)}
      />
      {series.note && <Nothing>No line for predicting no change: {series.note}.</Nothing>}
    </>
  );
}
