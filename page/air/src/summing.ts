// The sum done again: how stations' answers become a value at a place, its bounds, and its index. The same as
// examples/air_quality/between.py and index.py, in other hands.
import type { ModelTold, Place, Standard } from "./shapes";

const EARTH_KM = 6_371;
const AT_THE_STATION_KM = 0.05;

/** Along a great circle (haversine). */
export function distanceKm(one: Place, other: Place): number {
  const [north, east, northOther, eastOther] = [...one, ...other].map((value) => (value * Math.PI) / 180) as [
    number,
    number,
    number,
    number,
  ];
  const half =
    Math.sin((northOther - north) / 2) ** 2 +
    Math.cos(north) * Math.cos(northOther) * Math.sin((eastOther - east) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(half));
}

/** What each station counts at a place, in sum 1; at a station only that one. `power` as the run's file names it. */
export function weightsAt(place: Place, stations: readonly Place[], power: string): number[] {
  const away = stations.map((station) => distanceKm(place, station));
  const nearest = Math.min(...away);
  if (power === "nearest" || nearest < AT_THE_STATION_KM) {
    const first = away.indexOf(nearest);
    return away.map((_, station) => (station === first ? 1 : 0));
  }
  const exponent = power === "mean" ? 0 : Number(power.replace("distance^-", ""));
  const near = away.map((km) => (km / nearest) ** -exponent);
  const whole = near.reduce((sum, each) => sum + each, 0);
  return near.map((each) => each / whole);
}

/** The bounds of four hours in five around a forecast. */
export function boundsOf(value: number, between: ModelTold["between"]): readonly [number, number] {
  const part = between.edges.filter((edge) => edge <= value).length;
  return [value + (between.low[part] ?? Number.NaN), value + (between.high[part] ?? Number.NaN)];
}

/** The index of a concentration in micrograms per cubic metre. */
export function indexOf(micrograms: number, standard: Standard): number {
  const isCut = standard.name === "epa2024";
  // 9.1 * 10 is 91 only nearly
  const tenths = Number((Math.max(0, micrograms) * 10).toPrecision(12));
  const value = isCut ? Math.floor(tenths) : tenths;
  for (const [low, high, first, last] of standard.segments) {
    if (value > high * 10 + 1e-9) continue;
    const exact = Number((first + ((value - low * 10) / ((high - low) * 10)) * (last - first)).toPrecision(12));
    return isCut ? Math.floor(exact + 0.5) : Math.ceil(exact);
  }
  return standard.segments.at(-1)?.[3] ?? Number.NaN;
}
