import { type Hex, hashTypedData } from "viem";
import { describe, expect, it } from "vitest";
import { auditLink, readAuditLink } from "../src/asking/answer_link";
import { messageOf, NoAnswer, readSignedAnswer, signerOf, writeSignedAnswer } from "../src/asking/signed_answer";
import { domain, prediction } from "../src/chain/types";
import { vectors } from "./vectors";

interface TypeVector {
  name: string;
  message: Record<string, string>;
  digest: Hex;
  signer: Hex;
  signature: Hex;
}
const typed = vectors("typed_data") as { domain: { chainId: string; contract: Hex }; types: TypeVector[] };
const made = (vectors("page") as { signed: { chain_id: number; answers: Record<string, unknown>[] } }).signed;

describe("a signed answer", () => {
  it("has the digest that contracts and the gateway make of it", () => {
    const vector = typed.types.find((each) => each.name === "Prediction");
    const message = vector?.message as Record<string, Hex>;
    const digest = hashTypedData({
      domain: { ...domain, chainId: Number(typed.domain.chainId), verifyingContract: typed.domain.contract },
      types: prediction,
      primaryType: "Prediction",
      message: {
        model: message.model as Hex,
        version: message.version as Hex,
        inputHash: message.inputHash as Hex,
        outputHash: message.outputHash as Hex,
        issuedAt: BigInt(message.issuedAt as string),
        validUntil: BigInt(message.validUntil as string),
      },
    });
    expect(digest).toBe(vector?.digest);
  });

  it.each(made.answers)(
    "of the gateway is signed by whom it says, also negative and large ones (%#)",
    async (record) => {
      const signed = readSignedAnswer(record);
      expect(await signerOf(signed, made.chain_id, signed.model)).toBe(signed.signer);
      expect(writeSignedAnswer(signed)).toEqual(record);
    },
  );

  it("is signed by somebody else once a value, the chain or the model is another", async () => {
    const signed = readSignedAnswer(made.answers[0]);
    expect(await signerOf({ ...signed, answer: signed.answer + 1n }, made.chain_id, signed.model)).not.toBe(
      signed.signer,
    );
    expect(await signerOf(signed, made.chain_id + 1, signed.model)).not.toBe(signed.signer);
    expect(await signerOf(signed, made.chain_id, signed.signer)).not.toBe(signed.signer);
    const question = signed.question.replace(/.$/, (last) => (last === "0" ? "1" : "0")) as Hex;
    expect(messageOf({ ...signed, question }).inputHash).not.toBe(messageOf(signed).inputHash);
    expect(await signerOf({ ...signed, signature: `0x${"00".repeat(65)}` }, made.chain_id, signed.model)).toBeNull();
  });

  it.each([
    ["another field", { extra: 1 }],
    ["a fraction", { answer: 1.5 }],
    ["an integer as short text", { answer: "12" }],
    ["a question of half a word", { question: "0x1234" }],
    ["upper-case hex", { version: `0x${"AB".repeat(32)}` }],
    ["an address in lower case", { model: "0x0651c1d53e4d0769549a0b20430035e4b2262dba" }],
    ["times that run backwards", { issued_at: 20, valid_until: 10 }],
  ])("with %s is refused", (_, change) => {
    expect(() => readSignedAnswer({ ...made.answers[0], ...change })).toThrow(NoAnswer);
  });

  it("goes through a link and back", () => {
    for (const record of made.answers) {
      const link = auditLink(readSignedAnswer(record));
      expect(link).toMatch(/^#\/audit\/[A-Za-z0-9_-]+$/);
      expect(writeSignedAnswer(readAuditLink(link.slice("#/audit/".length)))).toEqual(record);
    }
  });

  it("in a link that was cut is refused in words", () => {
    const link = auditLink(readSignedAnswer(made.answers[0])).slice("#/audit/".length);
    expect(() => readAuditLink(link.slice(0, -9))).toThrow(/cut|JSON|string/);
    expect(() => readAuditLink("%3Cscript%3E")).toThrow("no answer");
  });
});
