// The form of a question takes units from the page's facts where the gateway names none.
import { expect, it } from "vitest";
import { type DescribedModel, withUnits } from "../src/asking/model_form";

const MODEL = {
  features: [
    { name: "temperature", kind: "channel", unit: "degC" },
    { name: "humidity", kind: "channel", unit: null },
    { name: "hour sine", kind: "hour-sin" },
  ],
} as unknown as DescribedModel;

it("keeps the gateway's units, adds those that others know by name, and guesses none", () => {
  const known = [
    { name: "temperature", unit: "K" },
    { name: "humidity", unit: "%" },
  ];
  expect(withUnits(MODEL, known).features.map((feature) => feature.unit)).toEqual(["degC", "%", null]);
  expect(withUnits(MODEL, []).features.map((feature) => feature.unit)).toEqual(["degC", null, null]);
});
