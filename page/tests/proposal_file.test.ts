import { describe, expect, it } from "vitest";
import {
  NoProposal,
  payProposal,
  payTokenProposal,
  priceProposal,
  readProposalFile,
  textProposal,
} from "../src/voting/proposal_file";

const NOBODY = "0x0000000000000000000000000000000000000000";
const SOMEBODY = "0x0651c1d53e4D0769549a0B20430035E4b2262DBA";

describe("a proposal", () => {
  it("of the forms is a file that is read back as it is", () => {
    const price = {
      route: "predict",
      token: SOMEBODY,
      amount: 10n ** 30n,
      period: 0,
      ratePerDay: 500,
      transferable: false,
    } as const;
    for (const file of [
      priceProposal("Calls cost", "paid", [price]),
      priceProposal("Free again", "open", []),
      payProposal("For the server", SOMEBODY, 10n ** 18n),
      payTokenProposal("For the server", NOBODY, SOMEBODY, 5n),
      textProposal("Shall we?", SOMEBODY),
    ])
      expect(readProposalFile(JSON.stringify(file))).toEqual(file);
  });

  it("sets prices as the policy takes them", () => {
    const price = {
      route: "month",
      token: NOBODY,
      amount: 5n,
      period: 2_592_000,
      ratePerDay: 100,
      transferable: true,
    } as const;
    expect(priceProposal(" Why ", "paid", [price])).toEqual({
      format: "andel-proposal/1",
      why: "Why",
      calls: [
        {
          contract: "ModelPolicy",
          function: "setPrices",
          arguments: [
            2,
            [[`0x${Buffer.from("month").toString("hex").padEnd(64, "0")}`, NOBODY, 2_592_000, 100, true, "5"]],
          ],
        },
      ],
    });
  });

  it.each([
    ["no JSON", "{"],
    ["another format", '{"format":"x","why":"a","calls":[{}]}'],
    ["no reason", '{"format":"andel-proposal/1","why":" ","calls":[{}]}'],
    ["no call", '{"format":"andel-proposal/1","why":"a","calls":[]}'],
    [
      "a text to store",
      '{"format":"andel-proposal/1","why":"a","calls":[{"contract":"ModelPolicy","function":"setLicence","text":"a.md"}]}',
    ],
    ["null", "null"],
  ])("with %s is refused", (_, text) => {
    expect(() => readProposalFile(text)).toThrow(NoProposal);
  });
});
