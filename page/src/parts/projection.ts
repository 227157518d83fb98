// Positions on a flat drawing: good for the tens or hundreds of kilometres that an alliance spans.
export interface Spot {
  readonly x: number;
  readonly y: number;
  /** The precision of the position, on the drawing. */
  readonly radius: number;
}

export interface Projected {
  readonly width: number;
  readonly height: number;
  readonly spots: readonly Spot[];
  /** A round length in metres, and its length on the drawing. */
  readonly scale_m: number;
  readonly scale: number;
}

const METRES_PER_DEGREE = 111_320;
const WIDTH = 640;
const HEIGHT = 400;
const EDGE = 48;

/** The places in a frame of 640 by 400, north up, all inside, at one scale in both directions. */
export function project(
  places: readonly { readonly lat: number; readonly lon: number; readonly precision_m: number }[],
): Projected {
  const middle = (Math.min(...places.map((place) => place.lat)) + Math.max(...places.map((place) => place.lat))) / 2;
  const shrink = Math.cos((middle * Math.PI) / 180);
  // across the date line the shorter way round is taken
  const first = places[0]?.lon ?? 0;
  const east = places.map((place) => (((place.lon - first + 540) % 360) - 180) * METRES_PER_DEGREE * shrink);
  const north = places.map((place) => place.lat * METRES_PER_DEGREE);
  const spanX = Math.max(...east) - Math.min(...east);
  const spanY = Math.max(...north) - Math.min(...north);
  const least = Math.max(1000, ...places.map((place) => place.precision_m * 2));
  const perMetre = Math.min((WIDTH - 2 * EDGE) / Math.max(spanX, least), (HEIGHT - 2 * EDGE) / Math.max(spanY, least));
  const centreX = Math.min(...east) + spanX / 2;
  const centreY = Math.min(...north) + spanY / 2;
  const spots = places.map((place, index) => ({
    x: WIDTH / 2 + ((east[index] ?? 0) - centreX) * perMetre,
    y: HEIGHT / 2 - ((north[index] ?? 0) - centreY) * perMetre,
    radius: place.precision_m * perMetre,
  }));
  const scale_m = roundLength(WIDTH / 4 / perMetre);
  return { width: WIDTH, height: HEIGHT, spots, scale_m, scale: scale_m * perMetre };
}

/** The largest of 1, 2 or 5 times a power of ten that is not above `length`. */
export function roundLength(length: number): number {
  const power = 10 ** Math.floor(Math.log10(length));
  const lead = length / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}
