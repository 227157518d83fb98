// Lines or bars over a common axis, drawn by uPlot in the colours of the theme, with a legend that shows the values under
// the pointer and the same figures in a table for whom a picture does not serve.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "../styles/chart.css";
import { useStore } from "../state";
import { theme } from "../theme";
import { coloursOf } from "./colours";

export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** A colour of the tokens: "lingon", "spruce", "stone". */
  readonly colour: string;
  readonly dashed?: boolean;
  readonly kind?: "line" | "bars";
}

export interface ChartProps {
  /** What the chart shows, in one sentence that also serves who does not see it. */
  label: string;
  x: readonly number[];
  xName: string;
  lines: readonly Line[];
  height?: number;
  /** Whether x are unix seconds. */
  isTime?: boolean;
  formatX?: (x: number) => string;
  formatY?: (y: number) => string;
  fromZero?: boolean;
}

const ROWS_MAX = 200;
/** Half the room of a bar that stands alone: as of a day, in seconds. */
const ALONE = 43_200;
const WHOLE = [1, 2, 5]
  .flatMap((lead) => [0, 1, 2, 3, 4, 5, 6].map((power) => lead * 10 ** power))
  .sort((a, b) => a - b);

export function Chart(props: ChartProps) {
  const { label, x, xName, lines, height = 280 } = props;
  const formatX = props.formatX ?? String;
  const formatY = props.formatY ?? String;
  const box = useRef<HTMLDivElement>(null);
  const chosen = useStore(theme);
  const [under, setUnder] = useState<number | null>(null);
  const key = lines.map((line) => `${line.name}/${line.colour}/${line.dashed}/${line.kind}`).join();
  const made = useRef<uPlot | null>(null);
  const data = [x, ...lines.map((line) => line.values)] as unknown as uPlot.AlignedData;

  useEffect(() => {
    const frame = box.current;
    if (!frame) return;
    const colours = coloursOf(frame, ["ink-faint", "line", ...lines.map((line) => line.colour)]);
    const plot = new uPlot(
      {
        width: Math.max(200, frame.clientWidth),
        height,
        scales: {
          x: { time: props.isTime ?? false, range: lines.some((line) => line.kind === "bars") ? barRange : undefined },
          y: { range: props.fromZero ? zeroRange : undefined },
        } as uPlot.Scales,
        legend: { show: false },
        cursor: { y: false, points: { size: 7 } },
        axes: [
          axis(colours, (values) => values.map((value) => formatX(value)), 32, 90, !props.isTime),
          axis(colours, (values) => values.map((value) => formatY(value)), 56, 44, false),
        ],
        series: [
          {},
          ...lines.map((line) => ({
            label: line.name,
            stroke: colours[line.colour],
            width: line.kind === "bars" ? 0 : 2,
            fill: line.kind === "bars" ? colours[line.colour] : undefined,
            dash: line.dashed ? [6, 4] : undefined,
            spanGaps: false,
            points: { show: x.length <= 60 && line.kind !== "bars", size: 5 },
            paths: line.kind === "bars" ? uPlot.paths.bars?.({ size: [0.7, 40], radius: 0.1 }) : undefined,
          })),
        ] as uPlot.Series[],
        hooks: { setCursor: [(plot: uPlot) => setUnder(plot.cursor.idx ?? null)] },
      } as uPlot.Options,
      data,
      frame,
    );
    made.current = plot;
    const watcher = new ResizeObserver(() => plot.setSize({ width: Math.max(200, frame.clientWidth), height }));
    watcher.observe(frame);
    return () => {
      watcher.disconnect();
      plot.destroy();
      made.current = null;
    };
  }, [key, chosen, height, x.length <= 60]);

  useEffect(() => made.current?.setData(data), [x, ...lines.map((line) => line.values)]);

  const at = under ?? lastDrawn(x, lines);
  return (
    <figure class="chart">
      <ul class="chart-legend">
        {lines.map((line) => (
          <li key={line.name}>
            <span class={`stroke stroke-${line.colour}${line.dashed ? " dashed" : ""}`} aria-hidden="true" />
            {line.name}
            <strong class="number">{x.length ? showValue(line.values[at], formatY) : ""}</strong>
          </li>
        ))}
        {x.length > 0 && (
          <li class="quiet">
            {xName} {formatX(x[at] as number)}
          </li>
        )}
      </ul>
      <div class="chart-canvas" ref={box} role="img" aria-label={label} />
      <ChartTable {...props} formatX={formatX} formatY={formatY} />
    </figure>
  );
}

function ChartTable({ label, x, xName, lines, formatX = String, formatY = String }: ChartProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const from = Math.max(0, x.length - ROWS_MAX);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The figures as a table</summary>
      {isOpen && (
        // what scrolls must be reached by the keyboard
        <section class="table-frame" tabIndex={0} aria-labelledby={id}>
          <table class="table">
            <caption class="heard" id={id}>
              {label}
            </caption>
            <thead>
              <tr>
                <th scope="col">{xName}</th>
                {lines.map((line) => (
                  <th key={line.name} scope="col" class="right">
                    {line.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {x.slice(from).map((place, offset) => (
                <tr key={place}>
                  <th scope="row">{formatX(place)}</th>
                  {lines.map((line) => (
                    <td key={line.name} class="right">
                      {showValue(line.values[from + offset], formatY)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}

/** The last place at which any line has a value. */
function lastDrawn(x: readonly number[], lines: readonly Line[]): number {
  for (let place = x.length - 1; place >= 0; place--) {
    if (lines.some((line) => line.values[place] != null)) return place;
  }
  return x.length - 1;
}

function showValue(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "—" : format(value);
}

/** Room for half a bar at both ends. */
function barRange(plot: uPlot, low: number, high: number): [number, number] {
  const [first = 0, second] = plot.data[0] ?? [];
  const half = second === undefined ? ALONE : (second - first) / 2;
  return [low - half, high + half];
}

function zeroRange(_plot: uPlot, _low: number, high: number): [number, number] {
  return [0, high > 0 ? high * 1.08 : 1];
}

/** `isWhole`: no mark between two whole numbers. */
function axis(
  colours: Record<string, string>,
  values: (values: number[]) => string[],
  size: number,
  space: number,
  isWhole: boolean,
): uPlot.Axis {
  return {
    stroke: colours["ink-faint"] ?? "",
    font: "12px system-ui, sans-serif",
    grid: { stroke: colours.line ?? "", width: 1 },
    ticks: { show: false },
    values: (_plot: uPlot, splits: number[]) => values(splits),
    size,
    space,
    ...(isWhole ? { incrs: WHOLE } : {}),
  } as uPlot.Axis;
}
