import { describe, expect, it } from "vitest";
import { plainDecimal, stepsHalfEven, textOfSteps } from "../src/asking/decimals";
import {
  bodyOf,
  caution,
  complaint,
  costOf,
  type DescribedModel,
  fieldsOf,
  labelOf,
  spanText,
} from "../src/asking/model_form";
import { packedQuestion } from "../src/asking/packed_question";
import { vectors } from "./vectors";

interface Made {
  model: DescribedModel;
  asked: { values: Record<string, string>; time: number; question: string }[];
}
const made = (vectors("page") as { questions: Made }).questions;

describe("a question by values", () => {
  it("packs into the bytes that the gateway signs, clocks, look-backs and roundings included", () => {
    expect(made.asked.length).toBeGreaterThan(30);
    for (const each of made.asked) expect(packedQuestion(made.model, each.values, each.time)).toBe(each.question);
  });

  it("packs into other bytes for another value or time", () => {
    const { values, time, question } = made.asked[5]!;
    expect(packedQuestion(made.model, { ...values, temperature: "12.34" }, time)).not.toBe(question);
    expect(packedQuestion(made.model, values, time + 40_000)).not.toBe(question);
  });

  it("is not packed where the gateway does not say all that it takes", () => {
    const { values, time } = made.asked[0]!;
    const features = made.model.features.map(({ amplitude: _, ...rest }) => rest);
    expect(packedQuestion({ ...made.model, features }, values, time)).toBeNull();
    expect(packedQuestion(made.model, {}, time)).toBeNull();
  });

  it("has the target's fields first, newest first, each with the range that the model tells apart", () => {
    const fields = fieldsOf(made.model);
    expect(fields[0]).toMatchObject({ name: "temperature", back: 0, unit: "degC", isTarget: true });
    expect(fields.map((field) => field.name)).toEqual(expect.arrayContaining(Object.keys(made.model.channels)));
    expect(fields.find((field) => field.back === 3_600 && field.channel === "temperature")).toBeDefined();
    expect(fields.findIndex((field) => field.channel !== "temperature")).toBe(
      fields.filter((field) => field.channel === "temperature").length,
    );
  });

  it("names look-backs in the reader's language of numbers", () => {
    const field = {
      name: "t@-5400",
      channel: "wind_speed",
      back: 5_400,
      unit: "m/s",
      low: "0",
      high: "9",
      isTarget: false,
    };
    expect(labelOf(field, "en")).toBe("Wind speed 90 minutes before");
    expect(spanText(10_800, "en")).toBe("3 hours");
    expect(spanText(86_400, "en")).toBe("1 day");
  });

  it("is refused in words while a value is missing or no number, and sent as it was written", () => {
    const fields = fieldsOf(made.model);
    expect(complaint(fields[0]!, " ", "en")).toMatch(/Needed/);
    expect(complaint(fields[0]!, "warm", "en")).toMatch(/Not a number/);
    expect(complaint(fields[0]!, "21,5", "de")).toBeNull();
    const written = Object.fromEntries(fields.map((field) => [field.name, "1,50"]));
    expect(bodyOf(fields, { ...written, temperature: "" }, 5, "de")).toBeNull();
    const body = JSON.parse(bodyOf(fields, written, 1_700_000_000, "de")!.body);
    expect(body.time).toBe(1_700_000_000);
    expect(body.values.temperature).toBe("1.50");
  });

  it("warns of values beyond what the model tells apart", () => {
    const field = fieldsOf(made.model).find((each) => each.name === "humidity")!;
    expect(caution(field, "55", "en")).toBeNull();
    expect(caution(field, "500", "en")).toMatch(/^Above/);
    expect(caution(field, "-500", "en")).toMatch(/^Below/);
  });
});

describe("decimals", () => {
  it.each([
    ["21.5", "en", "21.5"],
    ["21,5", "de", "21.5"],
    ["21.5", "de", "21.5"],
    ["1,234.5", "en", "1234.5"],
    ["1 234,5", "fr", "1234.5"],
    ["1’234.5", "de-CH", "1234.5"],
    ["−4", "en", "-4"],
    ["+4.", "en", "4"],
    [".5", "en", "0.5"],
    ["-.5", "en", "-0.5"],
    ["1,2", "en", null],
    ["1e5", "en", null],
    ["", "en", null],
    ["12 °C", "en", null],
    ["--1", "en", null],
    ["٣", "en", null],
    ["1".repeat(40), "en", null],
  ])("%s in %s is %s", (written, locale, plain) => {
    expect(plainDecimal(written, locale)).toBe(plain);
  });

  it.each([
    ["0.005", "0.01", 0n],
    ["0.015", "0.01", 2n],
    ["-0.005", "0.01", 0n],
    ["-0.015", "0.01", -2n],
    ["-21.375", "0.01", -2138n],
    ["1500", "1000", 2n],
    ["2500", "1000", 2n],
    ["7", "1", 7n],
  ])("%s in steps of %s is %s", (text, step, steps) => {
    expect(stepsHalfEven(text, step)).toBe(steps);
  });

  it("tell an answer's steps as a value", () => {
    expect(textOfSteps(2137n, "0.01")).toBe("21.37");
    expect(textOfSteps(-5n, "0.01")).toBe("-0.05");
    expect(textOfSteps(3n, "100")).toBe("300");
  });
});

describe("the cost of asking", () => {
  const price = { token: "0x0651c1d53e4D0769549a0B20430035E4b2262DBA", rate_per_day: 0, transferable: false } as const;
  const told = (access: "open" | "holders" | "paid", prices: { route: string; amount: string; period: number }[]) =>
    costOf({
      ...made.model,
      terms: {
        access,
        prices: prices.map((each) => ({ ...price, ...each })),
        licence_hash: "0x",
        passes: null,
        policy: "0x",
      },
    });

  it("is told as the gateway's terms say", () => {
    expect(costOf(made.model).kind).toBe("free");
    expect(told("open", []).kind).toBe("free");
    expect(told("holders", []).kind).toBe("holders");
    expect(told("paid", [{ route: "predict", amount: "0", period: 0 }]).kind).toBe("free");
    expect(told("paid", [{ route: "predict", amount: "5", period: 0 }])).toMatchObject({
      kind: "paid",
      perCall: { amount: "5" },
      passes: [],
    });
    expect(told("paid", [{ route: "month", amount: "5", period: 2_592_000 }])).toMatchObject({
      perCall: null,
      passes: [{ route: "month" }],
    });
  });
});
