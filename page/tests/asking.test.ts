import { describe, expect, it } from "vitest";
import { trimmed } from "../src/asking/decimals";
import { localInput, offsetText, secondsOfInput, utcText } from "../src/asking/moments";
import { shownOf } from "../src/joining/shown";

describe("a moment in a form", () => {
  it("goes there and back in the reader's own time zone", () => {
    for (const seconds of [0, 1_700_000_040, 1_719_792_000, 2 ** 31]) {
      const whole = seconds - (seconds % 60);
      expect(secondsOfInput(localInput(whole))).toBe(whole);
    }
  });

  it("is none where it is cut, before 1970 or no date", () => {
    for (const wrong of ["", "2026-11-24", "2026-11-24T", "1901-01-01T00:00", "2026-13-01T00:00", "noon"])
      expect(secondsOfInput(wrong)).toBeNull();
  });

  it("is told with its distance from UTC, and in UTC", () => {
    expect(offsetText(1_700_000_000)).toMatch(/^UTC[+−]\d\d:\d\d$/);
    expect(utcText(1_700_000_000, "en-GB")).toBe("14 Nov 2023, 22:13 UTC");
  });
});

describe("what is shown of an owner's data", () => {
  it("says of an open model that updates and opened packets are everybody's", () => {
    expect(shownOf("open").shown.join(" ")).toMatch(/update of each round: to everybody, for ever/);
  });

  it("says of a grouped one that the sum is, and packets are the validators'", () => {
    const { kept, shown } = shownOf("grouped");
    expect(kept.join(" ")).toMatch(/seen by nobody alone/);
    expect(shown.join(" ")).toMatch(/at most a fifth/);
  });

  it("promises nothing where nobody knows", () => {
    expect(shownOf(null).shown[0]).toMatch(/not known/);
    expect(shownOf(undefined).kept).toHaveLength(1);
  });
});

describe("a decimal text", () => {
  it("loses the zeros at its end and nothing else", () => {
    expect(["40.3600000", "41.0000000", "100", "0.00", "-5.10"].map(trimmed)).toEqual([
      "40.36",
      "41",
      "100",
      "0",
      "-5.1",
    ]);
  });
});
