import { describe, expect, test } from "vitest";
import { isAddress, shortHex } from "../src/text/addresses";
import { exactDecimal, formatAmount, formatShare, parseAmount, shareOf } from "../src/text/amounts";
import { formatBytes, formatCounted, formatMeasure } from "../src/text/numbers";
import { formatPeriod, formatSince, formatSpan } from "../src/text/times";

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

describe("amounts", () => {
  test("an amount beyond what a float holds is written to the last digit", () => {
    const amount = 123456789012345678901234567n;
    expect(exactDecimal(amount, 18)).toBe("123456789.012345678901234567");
    expect(formatAmount(amount, 18, { digits: 18, locale: "en" })).toBe("123,456,789.012345678901234567");
  });
  test("what does not fit the digits is cut off, never rounded up", () => {
    expect(formatAmount("1999999", 6, { digits: 2, locale: "en" })).toBe("1.99");
    expect(formatAmount("-1999999", 6, { digits: 2, locale: "en" })).toBe("-1.99");
  });
  test("something too small to show is not shown as nothing", () => {
    expect(plain(formatAmount("1", 18, { digits: 4, symbol: "X", locale: "en" }))).toBe("< 0.0001 X");
    expect(formatAmount("0", 18, { locale: "en" })).toBe("0");
  });
  test("the reader's locale decides point and groups, both ways", () => {
    expect(formatAmount("1234500000", 6, { locale: "de" })).toBe("1.234,5");
    expect(parseAmount("1.234,5", 6, "de")).toEqual({ amount: 1234500000n });
    expect(parseAmount("1,234.5", 6, "en")).toEqual({ amount: 1234500000n });
    expect(parseAmount("1 234,5", 6, "sv")).toEqual({ amount: 1234500000n });
  });
  test.each(["", ".", "1e3", "-1", "0x10", "1.2.3", "abc", "9".repeat(81)])("%j is no amount", (text) => {
    expect(parseAmount(text, 6, "en")).toHaveProperty("wrong");
  });
  test("more digits than the token has are refused and not cut", () => {
    expect(parseAmount("0.1234567", 6, "en")).toEqual({ wrong: "At most 6 digits after the point." });
    expect(parseAmount("5", 0, "en")).toEqual({ amount: 5n });
  });
  test("shares are parts of a whole, and of nothing there are none", () => {
    expect(shareOf("1", "3")).toBe(333333);
    expect(shareOf(5n, 0n)).toBe(0);
    expect(formatShare(123456, "en")).toBe("12.3%");
    expect(formatShare(162, "en")).toBe("0.02%");
    expect(plain(formatShare(8, "en"))).toBe("< 0.01%");
    expect(formatShare(0, "en")).toBe("0%");
  });
});

test("addresses are short for the eye and known by their form", () => {
  expect(shortHex("0x5FbDB2315678afecb367f032d93F642f64180aa3")).toBe("0x5FbD…0aa3");
  expect(isAddress("0x5FbDB2315678afecb367f032d93F642f64180aa3")).toBe(true);
  expect(isAddress("0x5FbDB2315678afecb367f032d93F642f64180aa")).toBe(false);
});

test("numbers carry their unit, and what was not measured says so", () => {
  expect(plain(formatMeasure(0.93456, "°C", "en"))).toBe("0.935 °C");
  expect(formatMeasure(null, "°C", "en")).toBe("—");
  expect(plain(formatCounted(1, "device", "devices", "en"))).toBe("1 device");
  expect(plain(formatBytes(20412, "en"))).toBe("20.4 kB");
});

test("spans of time are told in their largest parts", () => {
  expect(plain(formatSpan(12_000, "en"))).toBe("3 hr 20 min");
  expect(plain(formatSpan(0, "en"))).toBe("0 sec");
  expect(formatPeriod(604_800, "en")).toBe("week");
  expect(formatPeriod(10_800, "en")).toBe("3 hours");
  expect(formatSince(1_000, 1_000 + 7200, "en")).toBe("2 hours ago");
  expect(formatSince(10_000, 1_000, "en")).toBe("in 2 hours");
});
