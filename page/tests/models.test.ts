import { expect, test } from "vitest";
import { accessWords, gainOf, predictsWords, priceWords, skillWords } from "../src/text/models";
import { typedDataJson } from "../src/wallet/typed_data";

const plain = (text: string | null) => text?.replace(/[\u00a0\u202f]/g, " ");
const USD = { address: "0x00000000000000000000000000000000000000aa", symbol: "USD", decimals: 6 } as const;

test("a model says in one line what it predicts", () => {
  expect(predictsWords({ predicts: "temperature", unit: "°C", horizon_seconds: 10_800 }, "en")).toBe(
    "Temperature in °C, 3 hours ahead",
  );
  expect(predictsWords({ predicts: "wind", unit: null, horizon_seconds: 3_600 }, "en")).toBe("Wind, one hour ahead");
  expect(predictsWords({ predicts: null, unit: null, horizon_seconds: null })).toBeNull();
});

test("skill is told beside predicting no change, and never as better than it is", () => {
  const skill = { error: 0.92, baseline: 2.3, unit: "°C", rounds_measured: 5 };
  expect(skillWords(skill, "en")).toBe("60% nearer than predicting no change");
  expect(skillWords({ ...skill, error: 2.4 }, "en")).toBe("No nearer yet than predicting no change");
  expect(plain(skillWords({ ...skill, baseline: null }, "en"))).toBe("Misses by 0.92 °C on average");
  expect(gainOf(1, 0)).toBeNull();
});

test("a price says what it pays for", () => {
  expect(plain(priceWords({ token: USD, amount: "250000", period: 0 }, "en"))).toBe("0.25 USD a call");
  expect(plain(priceWords({ token: USD, amount: "40000000", period: 2_592_000 }, "en"))).toBe("40 USD for 30 days");
  expect(accessWords("holders")).toBe("For holders");
  expect(accessWords("something new")).toBe("something new");
});

test("typed data reaches the wallet with whole numbers as text and its domain spelled out", () => {
  const json = JSON.parse(
    typedDataJson({
      domain: { name: "Andel", chainId: 31337n },
      types: { Vote: [{ name: "id", type: "uint256" }] },
      primaryType: "Vote",
      message: { id: 2n ** 200n },
    }),
  );
  expect(json.types.EIP712Domain).toEqual([
    { name: "name", type: "string" },
    { name: "chainId", type: "uint256" },
  ]);
  expect(json.message.id).toBe((2n ** 200n).toString());
  expect(json.domain.chainId).toBe("31337");
});
