// The way of a transaction, with a wallet and a node that answer as told, and a clock that moves when it sleeps.
import { expect, test } from "vitest";
import { codeOf, isRejected, revertData } from "../src/wallet/provider";
import { type Call, follow, type Ports, prepare, type Standing, send } from "../src/wallet/transaction";

const ACCOUNT = "0x00000000000000000000000000000000000000aa";
const CALL: Call = {
  to: "0x00000000000000000000000000000000000000bb",
  data: "0x1234",
  contract: "RewardPool",
  does: "Claim",
};
const HASH = "0xfeed";
const TOLD = { words: "Pay 12 ROOF", call: "RewardPool.claim(12)" };
const READY = { words: TOLD, cost: null };

type Answers = Record<string, (params: readonly unknown[], turn: number) => unknown>;

function ports(wallet: Answers, node: Answers = {}): Ports & { asked: string[] } {
  let clock = 0;
  const turns = new Map<string, number>();
  const asked: string[] = [];
  const answer = (answers: Answers, who: string) => async (method: string, params: readonly unknown[]) => {
    asked.push(`${who} ${method}`);
    const turn = turns.get(who + method) ?? 0;
    turns.set(who + method, turn + 1);
    const found = answers[method];
    if (!found) throw Object.assign(new Error(`${who} has no ${method}`), { code: -32601 });
    return found(params, turn);
  };
  return {
    asked,
    account: ACCOUNT,
    chain: 31337,
    wallet: answer({ eth_chainId: () => "0x7a69", ...wallet }, "wallet"),
    node: answer(node, "node"),
    words: async () => TOLD,
    refusal: async (contract, data) => ({ sentence: `${contract} says ${data}`, hint: "wait" }),
    now: () => clock,
    sleep: async (milliseconds) => {
      clock += milliseconds;
    },
    isLeft: () => clock > 10_000_000,
  };
}

function reverted(data: string): Error {
  return Object.assign(new Error("execution reverted"), { code: 3, data });
}

async function shown(run: (show: (standing: Standing) => void) => Promise<void>): Promise<Standing[]> {
  const all: Standing[] = [];
  await run((standing) => all.push(standing));
  return all;
}

const receiptIn = (block: number, status = "0x1") => ({ status, blockNumber: `0x${block.toString(16)}` });

test("a transaction that goes through is ready with its words and the most it costs", async () => {
  const way = ports({ eth_call: () => "0x", eth_estimateGas: () => "0x5208", eth_gasPrice: () => "0xa" });
  expect(await prepare(CALL, way)).toEqual({
    at: "ready",
    words: TOLD,
    cost: { gas: 21000n, fee: 210000n },
  });
});

test("on another network nothing is tried", async () => {
  const way = ports({ eth_chainId: () => "0x1" });
  expect(await prepare(CALL, way)).toEqual({ at: "wrong-network", has: 1, wants: 31337 });
  expect(way.asked).toEqual(["wallet eth_chainId"]);
});

test("a refusal of the contract is told in words, before anything is signed", async () => {
  const way = ports({
    eth_call: () => {
      throw { code: -32603, message: "Internal JSON-RPC error.", data: { originalError: { data: "0xdead" } } };
    },
  });
  expect(await prepare(CALL, way)).toEqual({ at: "refused", sentence: "RewardPool says 0xdead", hint: "wait" });
  expect(way.asked).not.toContain("wallet eth_sendTransaction");
});

test("a wallet that drops what the contract said is helped out by the gateway's node", async () => {
  const way = ports(
    {
      eth_call: () => {
        throw new Error("something went wrong");
      },
    },
    {
      eth_call: () => {
        throw reverted("0xbeef");
      },
    },
  );
  expect(await prepare(CALL, way)).toMatchObject({ at: "refused", sentence: "RewardPool says 0xbeef" });
});

test("a no in the wallet leaves the transaction ready, and says that nothing was sent", async () => {
  const way = ports({
    eth_sendTransaction: () => {
      throw { code: 4001, message: "User rejected the request." };
    },
  });
  expect(await shown((show) => send(CALL, READY, way, show))).toEqual([
    { at: "signing", ...READY },
    { at: "ready", ...READY, said: "rejected" },
  ]);
});

test("what was sent is waited for, slow or not, until it is in a block", async () => {
  const way = ports(
    { eth_sendTransaction: () => HASH },
    {
      eth_getTransactionReceipt: (_params, turn) => (turn < 40 ? null : receiptIn(7)),
      eth_getTransactionByHash: () => ({ nonce: "0x3" }),
    },
  );
  const all = await shown((show) => send(CALL, READY, way, show));
  expect(all[1]).toEqual({ at: "waiting", hash: HASH, seconds: 0, isSlow: false, isGone: false });
  expect(all.at(-2)).toMatchObject({ at: "waiting", seconds: 39, isSlow: true });
  expect(all.at(-1)).toEqual({ at: "done", hash: HASH, block: 7 });
});

test("a receipt that a reorganised chain took back is waited for again, and says so", async () => {
  const way = ports(
    {},
    {
      eth_getTransactionReceipt: (_params, turn) => (turn === 0 ? receiptIn(7) : turn < 4 ? null : receiptIn(9)),
      eth_getTransactionByHash: () => ({ nonce: "0x3" }),
    },
  );
  const all = await shown((show) => follow(CALL, HASH, way, show));
  expect(all.map((standing) => standing.at)).toEqual(["done", "waiting", "waiting", "waiting", "done"]);
  expect(all[1]).toMatchObject({ isGone: true });
  expect(all.at(-1)).toEqual({ at: "done", hash: HASH, block: 9 });
});

test("another transaction with the same number is told as a replacement", async () => {
  const way = ports(
    {},
    {
      eth_getTransactionReceipt: () => null,
      eth_getTransactionByHash: (_params, turn) => (turn === 0 ? { nonce: "0x3" } : null),
      eth_getTransactionCount: () => "0x4",
    },
  );
  expect((await shown((show) => follow(CALL, HASH, way, show))).at(-1)).toEqual({ at: "replaced", hash: HASH });
});

test("a transaction that left the pool without a successor is still waited for", async () => {
  const way = ports(
    {},
    {
      eth_getTransactionReceipt: (_params, turn) => (turn < 5 ? null : receiptIn(8)),
      eth_getTransactionByHash: (_params, turn) => (turn === 0 ? { nonce: "0x3" } : null),
      eth_getTransactionCount: () => "0x3",
    },
  );
  expect((await shown((show) => follow(CALL, HASH, way, show))).at(-1)).toMatchObject({ at: "done" });
});

test("a transaction that failed in its block says why", async () => {
  const way = ports(
    {},
    {
      eth_getTransactionReceipt: () => receiptIn(7, "0x0"),
      eth_call: () => {
        throw reverted("0xdead");
      },
    },
  );
  expect(await shown((show) => follow(CALL, HASH, way, show))).toEqual([
    { at: "reverted", hash: HASH, sentence: "RewardPool says 0xdead", hint: "wait" },
  ]);
});

test("a node that does not answer is no receipt that is gone", async () => {
  const way = ports(
    {},
    {
      eth_getTransactionReceipt: (_params, turn) => {
        if (turn === 0) return receiptIn(7);
        throw new Error("connection refused");
      },
    },
  );
  expect(await shown((show) => follow(CALL, HASH, way, show))).toEqual([{ at: "done", hash: HASH, block: 7 }]);
});

test("what a revert carries is found however a wallet wraps it", () => {
  expect(revertData({ data: "0xab" })).toBe("0xab");
  expect(revertData({ data: { data: "0xab" } })).toBe("0xab");
  expect(revertData({ cause: { error: { data: "Reverted 0xab" } } })).toBe("0xab");
  expect(revertData(new Error("0xab"))).toBeNull();
  const loop: Record<string, unknown> = {};
  loop.cause = loop;
  expect(revertData(loop)).toBeNull();
  expect(isRejected({ code: 4001 })).toBe(true);
  expect(codeOf("no")).toBeNull();
});
