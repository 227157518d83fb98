import { type Hex, recoverTypedDataAddress } from "viem";
import { describe, expect, it } from "vitest";
import { fromBase64, toBase64 } from "../src/asking/answer_link";
import {
  CannotPay,
  paymentHeader,
  randomNonce,
  readDemand,
  receiptOf,
  takesIdentifiers,
  transferToSign,
} from "../src/asking/payment";
import { vectors } from "./vectors";

interface Made {
  demand: string;
  payer: Hex;
  now: number;
  nonce: Hex;
  identifier: string;
  signature: Hex;
  payment: { payload: unknown; accepted: unknown; extensions: unknown; x402Version: number; resource: unknown };
  receipt: string;
}
const made = (vectors("page") as { payment: Made }).payment;
// biome-ignore lint/suspicious/noExplicitAny: demands are spoiled here in ways that no type would let through
const changed = (change: (demand: Record<string, any>) => void): string => {
  const demand = JSON.parse(fromBase64(made.demand));
  change(demand);
  return toBase64(JSON.stringify(demand));
};

describe("paying a call", () => {
  it("signs the transfer that the demand names, and makes the header that the gateway's own payer makes", async () => {
    const demand = readDemand(made.demand, 31_337);
    const typed = transferToSign(demand, made.payer, BigInt(made.now), made.nonce);
    expect(await recoverTypedDataAddress({ ...typed, signature: made.signature })).toBe(made.payer);
    const header = paymentHeader(demand, typed.message, made.signature, made.identifier);
    expect(JSON.parse(fromBase64(header))).toEqual(made.payment);
  });

  it("tells price, payee and how long the signature counts", () => {
    const demand = readDemand(made.demand, 31_337);
    expect(demand).toMatchObject({ amount: 12_345n, name: "Paid Coin", version: "1", reason: "no payment" });
    expect(takesIdentifiers(demand)).toBe(true);
    expect(transferToSign(demand, made.payer, 1_000n, made.nonce).message.validBefore).toBe(1_300n);
    const greedy = readDemand(
      changed((d) => {
        d.accepts[0].maxTimeoutSeconds = 9_999_999;
      }),
      31_337,
    );
    expect(transferToSign(greedy, made.payer, 1_000n, made.nonce).message.validBefore).toBe(4_600n);
  });

  it.each([
    ["no header", null],
    ["no base64", "%%%"],
    [
      "another version",
      changed((d) => {
        d.x402Version = 1;
      }),
    ],
    [
      "another chain",
      changed((d) => {
        d.accepts[0].network = "eip155:1";
      }),
    ],
    [
      "another scheme",
      changed((d) => {
        d.accepts[0].scheme = "upto";
      }),
    ],
    [
      "no amount",
      changed((d) => {
        d.accepts[0].amount = "0";
      }),
    ],
    [
      "an amount that is no integer",
      changed((d) => {
        d.accepts[0].amount = "1e30";
      }),
    ],
    [
      "no payee",
      changed((d) => {
        d.accepts[0].payTo = "0x12";
      }),
    ],
    [
      "no domain",
      changed((d) => {
        d.accepts[0].extra = {};
      }),
    ],
    [
      "nothing",
      changed((d) => {
        d.accepts = [];
      }),
    ],
    ["too much", "A".repeat(9_000)],
  ])("refuses a demand with %s", (_, header) => {
    expect(() => readDemand(header, 31_337)).toThrow(CannotPay);
  });

  it("skips what it cannot pay and takes what it can", () => {
    const two = changed((d) => {
      d.accepts.unshift({ ...d.accepts[0], network: "solana:mainnet" }, null);
    });
    expect(readDemand(two, 31_337).amount).toBe(12_345n);
  });

  it("leaves a server without identifiers alone", () => {
    const demand = readDemand(
      changed((d) => {
        delete d.extensions;
      }),
      31_337,
    );
    expect(takesIdentifiers(demand)).toBe(false);
    const { message } = transferToSign(demand, made.payer, 1_000n, made.nonce);
    expect(JSON.parse(fromBase64(paymentHeader(demand, message, made.signature, "x"))).extensions).toBeUndefined();
  });

  it("reads the transaction in the receipt, and none in anything else", () => {
    expect(receiptOf(made.receipt)).toBe(`0x${"ab".repeat(32)}`);
    expect(receiptOf(null)).toBeNull();
    expect(receiptOf("nonsense")).toBeNull();
    expect(receiptOf(toBase64('{"transaction":"0x12"}'))).toBeNull();
  });

  it("takes another nonce each time", () => {
    expect(randomNonce()).toMatch(/^0x[0-9a-f]{64}$/);
    expect(randomNonce()).not.toBe(randomNonce());
  });
});
