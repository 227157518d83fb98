// The plan: the index over the city in bands, the stations with their numbers, and the place that is looked at. No tile and
// nothing else of a third party. A place is picked by pointing, or by arrow keys.
import { useMemo, useRef } from "preact/hooks";
import { formatMeasure } from "../../src/text/numbers";
import { bandsOf, DRAWN, edgesOf, runsOf, type Shown } from "./bands";
import { type Frame, frameOf, moved, placeAt, pointOf } from "./frame";
import { Swatch } from "./Swatch";
import type { CityHour, Place, Standard } from "./shapes";
import { placeText } from "./where";

export interface CityPlanProps {
  city: CityHour;
  standard: Standard;
  shown: Shown;
  place: Place;
  pick: (place: Place) => void;
}

const STEPS_KM: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [1, 0],
  ArrowDown: [-1, 0],
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
};
const FAR = 5;
const SNAP = 16;

export function CityPlan({ city, standard, shown, place, pick }: CityPlanProps) {
  const { field, stations } = city;
  const drawing = useRef<SVGSVGElement>(null);
  const { south_west, north_east, steps } = field;
  const frame = useMemo(() => frameOf(south_west, north_east, steps), [south_west, north_east, steps]);
  const bands = useMemo(() => bandsOf(field, standard, shown), [field, standard, shown]);
  const cell = { width: frame.width / steps, height: frame.height / steps };

  const point = (event: PointerEvent) => {
    const inside = drawing.current?.getScreenCTM()?.inverse();
    if (!inside) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(inside);
    const near = stations.find((station) => {
      const { x, y } = pointOf(frame, station.place);
      return Math.hypot(x - at.x, y - at.y) < SNAP;
    });
    pick(near ? near.place : placeAt(frame, at.x, at.y));
  };
  const key = (event: KeyboardEvent) => {
    const step = STEPS_KM[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const times = event.shiftKey ? FAR : 1;
    pick(moved(frame, place, step[0] * times, step[1] * times));
  };
  const here = pointOf(frame, place);

  return (
    <svg
      ref={drawing}
      class="city"
      viewBox={`0 0 ${frame.width} ${frame.height}`}
      role="application"
      tabindex={0}
      aria-roledescription="plan"
      aria-label={`Plan of the stations, north up. The place is ${placeText(place)}. Arrow keys move it by a kilometre, with Shift by five.`}
      onPointerDown={(event) => event.button === 0 && point(event)}
      onPointerMove={(event) => event.pointerType !== "touch" && event.buttons === 1 && point(event)}
      onKeyDown={key}
    >
      {standard.bands.map((band, number) => (
        <Ground key={band.name} band={number} path={groundOf(bands, steps, number, frame)} />
      ))}
      <path
        class="band-edge"
        d={edgesOf(bands, steps)
          .map(([x, y, toX, toY]) => {
            const up = (row: number) => frame.height - row * cell.height;
            return `M${x * cell.width} ${up(y)}L${toX * cell.width} ${up(toY)}`;
          })
          .join("")}
      />
      {stations.map((station) => {
        const { x, y } = pointOf(frame, station.place);
        const isRight = x > frame.width * 0.7;
        return (
          <g key={station.name} class="station" transform={`translate(${x} ${y})`}>
            <circle class={station.forecast ? "" : "without"} r={19} />
            <text class="value" y={6} text-anchor="middle">
              {station.forecast ? station.forecast[shown] : "—"}
            </text>
            <text
              class={`name ${isRight ? "before" : "behind"}`}
              x={isRight ? -25 : 25}
              y={6}
              text-anchor={isRight ? "end" : "start"}
            >
              {station.name}
            </text>
          </g>
        );
      })}
      <g class="here" transform={`translate(${here.x} ${here.y})`}>
        <circle class="halo" r={11} />
        <circle r={11} />
        <path d="M0 -22V-11M0 11V22M-22 0H-11M11 0H22" />
      </g>
      <g transform={`translate(18 ${frame.height - 18})`}>
        <path class="scale-bar" d={`M0 -6V0H${frame.scale}V-6`} />
        <text class="name" x={frame.scale + 8} y={3}>
          {formatMeasure(frame.scaleKm, "km")}
        </text>
      </g>
      <text class="name" x={frame.width - 16} y={30} text-anchor="end">
        N ↑
      </text>
    </svg>
  );
}

/** All ground of one band as one path: beside each other, cells of their own would show seams. */
function Ground({ band, path }: { band: number; path: string }) {
  if (!path) return null;
  return (
    <>
      <path class={`band-${Math.min(band, DRAWN - 1)}`} d={path} />
      {band > 0 && <path fill={`url(#hatch-${Math.min(band, DRAWN - 1)})`} d={path} />}
    </>
  );
}

function groundOf(bands: readonly number[], steps: number, band: number, frame: Frame): string {
  const [width, height] = [frame.width / steps, frame.height / steps];
  return runsOf(bands, steps)
    .filter((run) => run.band === band)
    .map((run) => {
      const [x, y] = [run.first * width, frame.height - (run.row + 1) * height];
      return `M${x} ${y}h${run.count * width}v${height}H${x}Z`;
    })
    .join("");
}

/** What each colour and hatching stands for. */
export function BandKey({ standard }: { standard: Standard }) {
  return (
    <ul class="band-key" aria-label={`Bands of ${standard.title}`}>
      {standard.bands.map((band, number) => (
        <li key={band.name}>
          <Swatch band={number} />
          <span>
            {band.name}{" "}
            <span class="quiet number">{`${number === 0 ? band.first : (standard.bands[number - 1]?.last ?? 0) + 1}–${band.last}`}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
