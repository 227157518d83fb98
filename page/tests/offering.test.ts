import { describe, expect, it } from "vitest";
import type { Offering } from "../src/api/shapes";
import { placeIn } from "../src/buying/place";
import { backFor, standingOf, tokensFor } from "../src/buying/standing";
import { vectors } from "./vectors";

const TOKEN = { address: "0x0651c1d53e4D0769549a0B20430035E4b2262DBA", symbol: "AIR", decimals: 18 } as const;

/** 150,000 tokens at 0.00001 coins each: 1.5 coins for all. */
function offering(raised: bigint, change: Partial<Offering> = {}): Offering {
  return {
    address: TOKEN.address,
    status: "open",
    phase: "open",
    payment: { address: "0x0000000000000000000000000000000000000000", symbol: "ETH", decimals: 18 },
    token: TOKEN,
    price: (10n ** 13n).toString(),
    offered: (150_000n * 10n ** 18n).toString(),
    target: (15n * 10n ** 17n).toString(),
    minimum: (10n ** 17n).toString(),
    cap_per_buyer: null,
    opens: 0,
    closes: 1,
    raised: raised.toString(),
    proceeds: "0",
    sold: "0",
    buyers: 0,
    milestones: null,
    treasury: TOKEN.address,
    released: "0",
    releasable: "0",
    refunded: "0",
    admission: "open",
    account: null,
    ...change,
  };
}
const ETH = 10n ** 18n;

describe("an offering's standing", () => {
  it("tells the part of the target and where the minimum lies", () => {
    expect(standingOf(offering(0n))).toEqual({
      part: 0,
      minimumPart: 0.066666,
      isOverMinimum: false,
      isOverTarget: false,
    });
    expect(standingOf(offering(ETH))).toMatchObject({ part: 0.666666, isOverMinimum: true, isOverTarget: false });
    expect(standingOf(offering(3n * ETH))).toMatchObject({ part: 2, isOverTarget: true });
  });

  it("forecasts what a payment buys, by the price below the target and by the part above it", () => {
    expect(tokensFor(ETH, offering(0n))).toBe(100_000n * ETH);
    expect(backFor(ETH, offering(0n))).toBe(0n);
    expect(tokensFor(ETH, offering(2n * ETH))).toBe(50_000n * ETH);
    expect(backFor(ETH, offering(2n * ETH))).toBe(ETH / 2n);
    expect(tokensFor(0n, offering(0n))).toBe(0n);
  });

  it("forecasts what the contract gives to the last who pays, in every sale of the vectors", () => {
    const sales = (vectors("offering") as { cases: Sale[] }).cases;
    let tried = 0;
    for (const sale of sales) {
      const raised = sale.paid.reduce((sum, paid) => sum + BigInt(paid), 0n);
      if (raised < BigInt(sale.minimum)) continue;
      const last = BigInt(sale.paid.at(-1) ?? "0");
      const before = offering(raised - last, { price: sale.price, offered: sale.offered, target: sale.target });
      expect(tokensFor(last, before).toString()).toBe(sale.tokens.at(-1));
      expect(backFor(last, before).toString()).toBe(sale.excess.at(-1));
      tried += 1;
    }
    expect(tried).toBeGreaterThan(2);
  });
});

interface Sale {
  price: string;
  offered: string;
  target: string;
  minimum: string;
  paid: string[];
  tokens: string[];
  /** What came back because more was paid than was offered. */
  excess: string[];
}

describe("a place on an offering's list", () => {
  it("is read as the founder gave it, and nothing else is", () => {
    const proof = [`0x${"ab".repeat(32)}`];
    expect(placeIn(JSON.stringify({ most: "5", proof }))).toEqual({ most: 5n, proof });
    for (const wrong of [
      "",
      "null",
      "[]",
      '{"most":5,"proof":[]}',
      '{"most":"-5","proof":[]}',
      '{"most":"5","proof":["0x12"]}',
    ])
      expect(placeIn(wrong)).toBeNull();
  });
});
