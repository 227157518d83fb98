import { describe, expect, it, test } from "vitest";
import { bandAt, bandsOf, edgesOf, meaningOf, runsOf, UNKNOWN } from "../air/src/bands";
import { checkForecast } from "../air/src/checking";
import { clockDay, clockTime, hourOf, hourText } from "../air/src/clock";
import { directionFrom, frameOf, moved, placeAt, pointOf } from "../air/src/frame";
import type { About, Forecast, Heard, Place, Standard } from "../air/src/shapes";
import { distanceKm, indexOf, weightsAt } from "../air/src/summing";
import { placeText, readPlace, readWhere, writeWhere } from "../air/src/where";
import { vectors } from "./vectors";

const made = vectors("air") as {
  about: About;
  forecasts: { standard: string; forecast: Forecast }[];
  indices: Record<string, [number, number][]>;
};
const standardOf = (name: string) => made.about.standards.find((each) => each.name === name) as Standard;
const hj633 = standardOf("hj633");
const first = made.forecasts[0]?.forecast as Forecast;

describe("a forecast as the server makes it", () => {
  it.each(made.forecasts)("is signed, and its sum, bounds and index are the same here (%#)", async (vector) => {
    const checked = await checkForecast(vector.forecast, made.about, standardOf(vector.standard));
    expect(checked.answers).toHaveLength(6);
    expect(checked.answers.map((each) => each.wrong)).toEqual(Array(6).fill(null));
    expect(checked.wrongSums).toEqual([]);
  });

  it("fails where an answer was altered, signed for another, or shown as another", async () => {
    const altered = (change: (heard: Heard) => Heard): Forecast => ({
      ...first,
      pm2_5: {
        ...first.pm2_5,
        stations: first.pm2_5.stations.map((heard, station) => (station ? heard : change(heard))),
      },
    });
    const signed = first.pm2_5.stations[0]?.signed as Record<string, unknown>;
    const wrongOf = async (forecast: Forecast, about = made.about) =>
      (await checkForecast(forecast, about, hj633)).answers.filter((each) => each.wrong !== null).length;
    expect(await wrongOf(altered((heard) => ({ ...heard, signed: { ...signed, answer: 1 } })))).toBe(1);
    expect(await wrongOf(altered((heard) => ({ ...heard, signed: { ...signed, extra: 1 } })))).toBe(1);
    expect(await wrongOf(altered((heard) => ({ ...heard, signed: null })))).toBe(1);
    expect(await wrongOf(altered((heard) => ({ ...heard, value: heard.value + 1 })))).toBe(1);
    expect(await wrongOf(altered((heard) => ({ ...heard, signed: first.temperature.stations[0]?.signed })))).toBe(1);
    expect(await wrongOf(first, { ...made.about, chain_id: 1 })).toBe(6);
  });

  it("fails where what is shown is not the sum of what was signed", async () => {
    const wrongSums = async (forecast: Forecast) => (await checkForecast(forecast, made.about, hj633)).wrongSums.length;
    expect(await wrongSums({ ...first, pm2_5: { ...first.pm2_5, value: first.pm2_5.value + 0.1 } })).toBe(1);
    expect(await wrongSums({ ...first, index: first.index + 1 })).toBe(1);
    expect(await wrongSums({ ...first, index_high: first.index_high - 1 })).toBe(1);
    expect(await wrongSums({ ...first, place: [40.25, 116.2] })).toBeGreaterThan(0);
  });
});

describe("an index", () => {
  it.each(Object.entries(made.indices))("of %s is what the example makes of every concentration", (name, values) => {
    expect(values.map(([micrograms]) => indexOf(micrograms, standardOf(name)))).toEqual(
      values.map(([, index]) => index),
    );
  });

  it("lies in the band whose last step it does not pass, and every band means something", () => {
    expect([0, 50, 51, 200, 201, 500].map((index) => bandAt(hj633, index))).toEqual([0, 0, 1, 3, 4, 5]);
    for (const standard of made.about.standards) {
      expect(standard.bands).toHaveLength(6);
      for (const band of standard.bands.keys()) expect(meaningOf(standard, band)).not.toBe("");
    }
  });
});

test("at a station only that one counts, and nothing counts more than what is nearer", () => {
  const places: Place[] = [
    [40, 116],
    [40.1, 116],
    [40.3, 116.1],
  ];
  expect(weightsAt([40.1, 116], places, "mean")).toEqual([0, 1, 0]);
  expect(weightsAt([40.02, 116], places, "nearest")).toEqual([1, 0, 0]);
  expect(weightsAt([40.02, 116], places, "mean")).toEqual([1 / 3, 1 / 3, 1 / 3]);
  const [near, next, far] = weightsAt([40.02, 116], places, "distance^-2") as [number, number, number];
  expect(near).toBeGreaterThan(next);
  expect(next).toBeGreaterThan(far);
  expect(distanceKm([0, 0], [0, 90])).toBeCloseTo((6371 * Math.PI) / 2, 6);
});

test("a map becomes ground of one band without gaps, with lines where bands meet", () => {
  const bands = [0, 0, 1, 0, UNKNOWN, 1, 1, 1, 1];
  const runs = runsOf(bands, 3);
  expect(runs.reduce((sum, run) => sum + run.count, 0)).toBe(9);
  expect(runs[0]).toEqual({ row: 0, first: 0, count: 2, band: 0 });
  expect(edgesOf(bands, 3)).toContainEqual([2, 0, 2, 1]);
  expect(edgesOf([1, 1, 1, 1], 2)).toEqual([]);
  const field = { index: [10, null, 60, 300] } as never;
  expect(bandsOf(field, hj633, "index")).toEqual([0, UNKNOWN, 1, 4]);
});

test("a point of the plan and its place are each other's, and a place stays on the plan", () => {
  const frame = frameOf([39.8, 116.1], [40.4, 116.7], 40);
  const place = placeAt(frame, 100, 200);
  const { x, y } = pointOf(frame, place);
  expect([x, y].map((each) => Math.round(each * 1e6) / 1e6)).toEqual([100, 200]);
  expect(placeAt(frame, -50, 1e6)).toEqual(frame.southWest);
  expect(distanceKm(place, moved(frame, place, 1, 0))).toBeCloseTo(1, 2);
  expect(distanceKm(place, moved(frame, place, 0, -5))).toBeCloseTo(5, 1);
  expect(moved(frame, place, 500, 500)).toEqual(frame.northEast);
  expect(directionFrom([40, 116], [40.1, 116])).toBe("north");
  expect(directionFrom([40, 116], [39.9, 115.87])).toBe("south-west");
});

test("hours are those of the stations' clock, wherever the reader is", () => {
  const hour = hourOf("2017-02-12T02:00") as number;
  expect(hourText(hour)).toBe("2017-02-12T02:00");
  expect(clockTime(hour, "en-GB")).toContain("02:00");
  expect(clockDay(17_209, "en-GB")).toBe("12 Feb 2017");
  for (const wrong of ["", "2017-02-12", "2017-02-12T02:30", "2017-02-31T02:00", "2017-02-12T02:00Z"])
    expect(hourOf(wrong)).toBeNull();
});

test("an address says what is looked at, and what it says wrongly counts as not said", () => {
  const hour = hourOf("2017-02-12T02:00") as number;
  expect(readWhere(writeWhere([39.95, 116.4], hour, "epa2024"))).toEqual({
    place: [39.95, 116.4],
    hour,
    standard: "epa2024",
  });
  expect(readWhere("#at=north&time=x&standard=<b>")).toEqual({ place: null, hour: null, standard: null });
  expect(readPlace(" 39.95 ; 116.4 ")).toEqual([39.95, 116.4]);
  for (const wrong of ["", "39.95", "95,116", "39,190", "1e2,3", "39.95,116.4,1"]) expect(readPlace(wrong)).toBeNull();
  expect(placeText([39.123456, 116])).toBe("39.1235,116.0000");
});
