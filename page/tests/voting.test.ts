import { describe, expect, it } from "vitest";
import type { Proposal } from "../src/api/shapes";
import { momentsOf, partsOf } from "../src/voting/standing";

function proposal(change: Partial<Proposal>): Proposal {
  return {
    id: "1",
    title: null,
    description: null,
    description_hash: "0x",
    proposer: "0x0651c1d53e4D0769549a0B20430035E4b2262DBA",
    state: "active",
    for: "0",
    against: "0",
    abstain: "0",
    quorum: "100",
    veto: null,
    snapshot: 1_000,
    deadline: 2_000,
    eta: null,
    calls: [],
    voted: null,
    ...change,
  };
}

describe("a vote's bar", () => {
  it("measures votes by the quorum while they are fewer, and by themselves once they are more", () => {
    expect(partsOf(proposal({}))).toMatchObject({ for: 0, quorum: 1_000_000, isQuorate: false });
    expect(partsOf(proposal({ for: "25", against: "25" }))).toMatchObject({
      for: 250_000,
      against: 250_000,
      quorum: 1_000_000,
    });
    expect(partsOf(proposal({ for: "300", against: "100" }))).toMatchObject({
      for: 750_000,
      against: 250_000,
      quorum: 250_000,
    });
  });

  it("counts who abstains for the quorum, and who is against not", () => {
    expect(partsOf(proposal({ for: "60", abstain: "40" })).isQuorate).toBe(true);
    expect(partsOf(proposal({ for: "60", against: "400" })).isQuorate).toBe(false);
    expect(partsOf(proposal({ for: "60", against: "60" })).isAhead).toBe(false);
  });

  it("is empty where there is neither vote nor quorum", () => {
    expect(partsOf(proposal({ quorum: "0" }))).toMatchObject({ for: 0, against: 0, abstain: 0, quorum: 0 });
  });
});

describe("a proposal's way", () => {
  const names = (change: Partial<Proposal>, now: number) =>
    momentsOf(proposal(change), now).map((each) => `${each.done ? "+" : "-"}${each.name}`);

  it("is told by the chain's clock", () => {
    expect(names({ state: "pending" }, 999).filter((name) => name.startsWith("+"))).toEqual([]);
    expect(names({}, 1_500)[0]).toMatch(/^\+Votes begin/);
    expect(names({ state: "queued", eta: 3_000 }, 2_500)).toEqual([
      expect.stringMatching(/^\+Votes begin/),
      "+Votes end",
      expect.stringMatching(/^\+Queued/),
      "-Can be carried out",
      "-Carried out",
    ]);
    expect(names({ state: "executed", eta: 3_000 }, 3_500).every((name) => name.startsWith("+"))).toBe(true);
  });

  it("ends where it cannot go on", () => {
    expect(names({ state: "defeated" }, 2_500).at(-1)).toBe("+Defeated");
    expect(names({ state: "canceled" }, 1_500).at(-1)).toBe("+Cancelled");
    expect(names({ state: "expired", eta: 3_000 }, 9_000).at(-1)).toBe("+Expired");
  });
});
