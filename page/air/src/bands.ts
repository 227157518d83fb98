// Bands of an index: which one, how it is drawn, and what it means for people. A band's number (0 to 5) is its rank; colour
// and hatching follow from the number, words from the standard.
import type { Field, Standard } from "./shapes";

/** The number of the band in which an index lies. */
export function bandAt(standard: Standard, index: number): number {
  const found = standard.bands.findIndex((band) => index <= band.last);
  return found < 0 ? standard.bands.length - 1 : found;
}

const MEANINGS: Readonly<Record<string, readonly string[]>> = {
  hj633: [
    "The air is clean. Everybody can be outdoors as usual.",
    "The air is acceptable. The very few who are unusually sensitive do well to be outdoors less.",
    "Sensitive people may feel it. Children, older people and people with heart or lung disease: less long, hard effort outdoors.",
    "It may affect hearts and lungs of healthy people too. Sensitive people: no long, hard effort outdoors. Others: less of it.",
    "Sensitive people should stay indoors and rest; everybody else should be active outdoors less.",
    "Everybody feels it, and illness may come early. Sensitive people should stay indoors; everybody should avoid being active outdoors.",
  ],
  epa2024: [
    "The air poses little or no risk. Everybody can be outdoors as usual.",
    "The air is acceptable. People who are unusually sensitive may want to be active outdoors for a shorter time.",
    "Children, older people and people with heart or lung disease may be affected: less long or hard effort outdoors.",
    "Some of the general public may be affected, sensitive people more seriously. Sensitive people: avoid long or hard effort outdoors.",
    "The risk is higher for everybody. Sensitive people: avoid all effort outdoors. Others: avoid long or hard effort.",
    "A warning of emergency: everybody is likely to be affected. Avoid all physical activity outdoors.",
  ],
};

/** What a band means for people who are outdoors. */
export function meaningOf(standard: Standard, band: number): string {
  return MEANINGS[standard.name]?.[band] ?? "";
}

/** How many hatchings and colours there are. */
export const DRAWN = 6;

/** Cells of one band beside each other in a row. */
export interface Run {
  readonly row: number;
  readonly first: number;
  readonly count: number;
  readonly band: number;
}

/** The map's cells as runs, rows from the south. */
export function runsOf(bands: readonly number[], steps: number): Run[] {
  const runs: Run[] = [];
  for (let row = 0; row < steps; row++) {
    let first = 0;
    for (let column = 1; column <= steps; column++) {
      const band = bands[row * steps + first] ?? UNKNOWN;
      if (column < steps && bands[row * steps + column] === band) continue;
      runs.push({ row, first, count: column - first, band });
      first = column;
    }
  }
  return runs;
}

/** Where bands meet, as lines along the cells' edges: columns from the west, rows from the south. */
export function edgesOf(bands: readonly number[], steps: number): (readonly [number, number, number, number])[] {
  const lines: (readonly [number, number, number, number])[] = [];
  for (let row = 0; row < steps; row++) {
    for (let column = 0; column < steps; column++) {
      const band = bands[row * steps + column];
      if (column + 1 < steps && bands[row * steps + column + 1] !== band)
        lines.push([column + 1, row, column + 1, row + 1]);
      if (row + 1 < steps && bands[(row + 1) * steps + column] !== band)
        lines.push([column, row + 1, column + 1, row + 1]);
    }
  }
  return lines;
}

export type Shown = "index" | "index_low" | "index_high";

/** A point of which nothing can be said. */
export const UNKNOWN = -1;

/** The band of each point of a map. */
export function bandsOf(field: Field, standard: Standard, shown: Shown): number[] {
  return field[shown].map((index) => (index === null ? UNKNOWN : bandAt(standard, index)));
}
