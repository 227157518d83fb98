// Places on the plan and back: flat, north up, one scale in both directions; good for the tens of kilometres of a city.
import { roundLength } from "../../src/parts/projection";
import type { Place } from "./shapes";

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Degrees at the drawing's south-west and north-east corners. */
  readonly southWest: Place;
  readonly northEast: Place;
  /** A round length in kilometres, and its length on the drawing. */
  readonly scaleKm: number;
  readonly scale: number;
}

export const KM_PER_DEGREE = 111.195;
const WIDTH = 640;

/** A drawing of 640 across whose cells are centred on the map's points; at most 4 : 3 high, else narrower cells. */
export function frameOf(southWest: Place, northEast: Place, steps: number): Frame {
  const half = (from: number, to: number) => (to - from) / (steps - 1) / 2;
  const north = half(southWest[0], northEast[0]);
  const east = half(southWest[1], northEast[1]);
  const corners: readonly [Place, Place] = [
    [southWest[0] - north, southWest[1] - east],
    [northEast[0] + north, northEast[1] + east],
  ];
  const acrossKm = (corners[1][1] - corners[0][1]) * kmPerDegreeEast(corners[0], corners[1]);
  const upKm = (corners[1][0] - corners[0][0]) * KM_PER_DEGREE;
  const perKm = WIDTH / acrossKm;
  const scaleKm = roundLength(acrossKm / 4);
  return {
    width: WIDTH,
    height: Math.max(1, Math.round(upKm * perKm)),
    southWest: corners[0],
    northEast: corners[1],
    scaleKm,
    scale: scaleKm * perKm,
  };
}

export function pointOf(frame: Frame, [north, east]: Place): { readonly x: number; readonly y: number } {
  const { southWest, northEast, width, height } = frame;
  return {
    x: ((east - southWest[1]) / (northEast[1] - southWest[1])) * width,
    y: (1 - (north - southWest[0]) / (northEast[0] - southWest[0])) * height,
  };
}

/** The place at a point of the drawing, held inside it. */
export function placeAt(frame: Frame, x: number, y: number): Place {
  const { southWest, northEast, width, height } = frame;
  const part = (value: number, whole: number) => Math.min(1, Math.max(0, value / whole));
  return [
    southWest[0] + (1 - part(y, height)) * (northEast[0] - southWest[0]),
    southWest[1] + part(x, width) * (northEast[1] - southWest[1]),
  ];
}

/** So many kilometres from a place, held inside the drawing. */
export function moved(frame: Frame, [north, east]: Place, northKm: number, eastKm: number): Place {
  const { southWest, northEast } = frame;
  const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
  return [
    clamp(north + northKm / KM_PER_DEGREE, southWest[0], northEast[0]),
    clamp(east + eastKm / kmPerDegreeEast(southWest, northEast), southWest[1], northEast[1]),
  ];
}

const WINDS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"] as const;

/** The eighth of the compass in which `there` lies, seen from `here`. */
export function directionFrom(here: Place, there: Place): (typeof WINDS)[number] {
  const east = (there[1] - here[1]) * Math.cos((here[0] * Math.PI) / 180);
  const eighths = Math.round(Math.atan2(east, there[0] - here[0]) / (Math.PI / 4));
  return WINDS[(eighths + 8) % 8] ?? "north";
}

function kmPerDegreeEast(southWest: Place, northEast: Place): number {
  return KM_PER_DEGREE * Math.cos((((southWest[0] + northEast[0]) / 2) * Math.PI) / 180);
}
