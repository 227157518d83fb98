// The form of a question takes units from the page's facts where the gateway names none.
import { expect, it } from "vitest";
import { type DescribedModel, withUnits } from "../src/asking/model_form";

const MODEL = {
  channels: { temperature: "degC", humidity: null, "humidity@-3600": null, pressure: null },
} as unknown as DescribedModel;

it("keeps the gateway's units, adds those that others know by name, and guesses none", () => {
  const known = [
    { name: "temperature", unit: "K" },
    { name: "humidity", unit: "%" },
  ];
  expect(withUnits(MODEL, known).channels).toEqual({
    temperature: "degC",
    humidity: "%",
    "humidity@-3600": "%",
    pressure: null,
  });
  expect(withUnits(MODEL, []).channels).toEqual(MODEL.channels);
});
