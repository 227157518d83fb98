import { expect, test } from "vitest";
import { project, roundLength } from "../src/parts/projection";
import { rowsInSight } from "../src/parts/rows";

test("a list draws what is in sight and a little around it, whatever its length", () => {
  expect(rowsInSight(0, 440, 44, 10_000)).toEqual({ start: 0, end: 20 });
  expect(rowsInSight(44 * 5_000, 440, 44, 10_000)).toEqual({ start: 4_990, end: 5_020 });
  expect(rowsInSight(44 * 9_990, 440, 44, 10_000).end).toBe(10_000);
});

test("a list that became shorter than where one stood draws its end", () => {
  const { start, end } = rowsInSight(44 * 5_000, 440, 44, 3);
  expect(end).toBe(3);
  expect(start).toBeLessThanOrEqual(3);
});

test("places stay inside the plan, north up and east right, also across the date line", () => {
  const plan = project([
    { lat: -17, lon: 179.9, precision_m: 500 },
    { lat: -16.9, lon: -179.9, precision_m: 500 },
  ]);
  const [west, east] = plan.spots;
  if (!west || !east) throw new Error("two places, two spots");
  expect(west.x).toBeLessThan(east.x);
  expect(west.y).toBeGreaterThan(east.y);
  for (const spot of plan.spots) {
    expect(spot.x).toBeGreaterThanOrEqual(0);
    expect(spot.x).toBeLessThanOrEqual(plan.width);
    expect(spot.y).toBeGreaterThanOrEqual(0);
    expect(spot.y).toBeLessThanOrEqual(plan.height);
  }
});

test("one place alone stands in the middle", () => {
  const plan = project([{ lat: 40, lon: -74, precision_m: 1000 }]);
  expect(plan.spots[0]).toMatchObject({ x: 320, y: 200 });
});

test("scales are round", () => {
  expect(roundLength(7_400)).toBe(5_000);
  expect(roundLength(2_000)).toBe(2_000);
  expect(roundLength(190)).toBe(100);
});
