// Where the devices stand, as far as their owners let it be known. A plan and not a map: no tile is asked of anybody.
import { formatCount, formatCounted, formatMeasure } from "../text/numbers";
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
      {places.length ? `${formatCount(hidden)} more show none` : "No device shows its position"}: it is told only as
      precisely as the terms allow that the owner accepted.
    </Nothing>
  );
  if (!places.length) return note || <Nothing>No device has a position.</Nothing>;
  const groups = together(places);
  const plan = project(groups);
  return (
    <figure class="stack">
      <svg
        class="plan"
        viewBox={`0 0 ${plan.width} ${plan.height}`}
        role="img"
        aria-label={`Plan, north up: ${formatCounted(places.length, "device", "devices")} in ${formatCounted(groups.length, "place", "places")}`}
      >
        {[0.25, 0.5, 0.75].map((part) => (
          <g key={part}>
            <line class="grid-line" x1={plan.width * part} x2={plan.width * part} y1={0} y2={plan.height} />
            <line class="grid-line" y1={plan.height * part} y2={plan.height * part} x1={0} x2={plan.width} />
          </g>
        ))}
        {plan.spots.map((spot, index) => (
          <Spots key={index} x={spot.x} y={spot.y} radius={spot.radius} names={groups[index]?.names ?? []} />
        ))}
        <g transform={`translate(16 ${plan.height - 16})`}>
          <path class="scale-bar" d={`M0 -5V0H${plan.scale}V-5`} />
          <text x={plan.scale + 8} y={2}>
            {formatMeasure(plan.scale_m / 1000, "km")}
          </text>
        </g>
        <text class="north" x={plan.width - 16} y={28} text-anchor="end">
          N ↑
        </text>
      </svg>
      <figcaption class="quiet">
        Each within {formatMeasure(Math.max(...places.map((place) => place.precision_m)) / 1000, "km")} of where it is
        drawn.
      </figcaption>
      {note}
    </figure>
  );
}

interface SpotsProps {
  x: number;
  y: number;
  radius: number;
  names: readonly string[];
}

/** The devices of one place: a dot, the ground it may be on, and how many they are where it is more than one. */
function Spots({ x, y, radius, names }: SpotsProps) {
  const many = names.length > 1;
  return (
    <g>
      <title>{names.slice(0, 12).join(", ") + (names.length > 12 ? " …" : "")}</title>
      <circle class="area" cx={x} cy={y} r={Math.max(radius, many ? 16 : 8)} />
      {many ? (
        <text class="many" x={x} y={y + 5} text-anchor="middle">
          {formatCount(names.length)}
        </text>
      ) : (
        <circle class="spot" cx={x} cy={y} r={4} />
      )}
    </g>
  );
}

interface Group {
  readonly lat: number;
  readonly lon: number;
  readonly precision_m: number;
  readonly names: string[];
}

function together(places: readonly Placed[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const { name, lat, lon, precision_m } of places) {
    const key = `${lat}/${lon}`;
    const group = groups.get(key) ?? { lat, lon, precision_m, names: [] };
    group.names.push(name);
    groups.set(key, group);
  }
  return [...groups.values()];
}
