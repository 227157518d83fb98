// Where the devices stand, as far as their owners let it be known. A plan and not a map: no tile is asked of anybody.
import { formatCount, formatMeasure } from "../text/numbers";
import { Nothing } from "./Notice";
import { project } from "./projection";

export interface Placed {
  readonly name: string;
  readonly lat: number;
  readonly lon: number;
  readonly precision_m: number;
}

export function Plan({ places, hidden }: { places: readonly Placed[]; hidden: number }) {
  const note = hidden > 0 && (
    <Nothing>
      {places.length ? `${formatCount(hidden)} more show` : "No device shows"} {places.length ? "none" : "its position"}
      : it is told only as precisely as terms say that the owner accepted.
    </Nothing>
  );
  if (!places.length) return note || <Nothing>No device has a position.</Nothing>;
  const plan = project(places);
  return (
    <div class="stack">
      <svg
        class="plan"
        viewBox={`0 0 ${plan.width} ${plan.height}`}
        role="img"
        aria-label={`Plan of ${places.length} devices; the scale is ${formatMeasure(plan.scale_m / 1000, "km")}`}
      >
        {[0.25, 0.5, 0.75].map((part) => (
          <g key={part}>
            <line class="grid-line" x1={plan.width * part} x2={plan.width * part} y1={0} y2={plan.height} />
            <line class="grid-line" y1={plan.height * part} y2={plan.height * part} x1={0} x2={plan.width} />
          </g>
        ))}
        {plan.spots.map((spot, index) => (
          <g key={places[index]?.name}>
            <title>{places[index]?.name}</title>
            <circle class="area" cx={spot.x} cy={spot.y} r={Math.max(spot.radius, 7)} />
            <circle class="spot" cx={spot.x} cy={spot.y} r={3.5} />
          </g>
        ))}
        <g transform={`translate(16 ${plan.height - 16})`}>
          <path class="scale-bar" d={`M0 -5V0H${plan.scale}V-5`} />
          <text x={plan.scale + 8} y={2}>
            {formatMeasure(plan.scale_m / 1000, "km")}
          </text>
        </g>
      </svg>
      {note}
    </div>
  );
}
