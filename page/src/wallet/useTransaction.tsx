// A transaction, or several in a row, in a dialog: `const claim = useTransaction()`, then `claim.start({title, calls})`
// and `{claim.dialog}` somewhere on the page.
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { post } from "../api/client";
import { whenHeadIs } from "../api/live";
import { useNetwork } from "../api/resource";
import type { CallWords, Network, Refusal } from "../api/shapes";
import { askChain } from "../chain/relay";
import { announce } from "../parts/toasts";
import { connection, isChoosing } from "./connection";
import { TransactionDialog } from "./TransactionDialog";
import { type Call, follow, type Ports, prepare, type Standing, send } from "./transaction";

export interface Task {
  readonly title: string;
  /** One after the other; each is tried when the one before is in the chain. */
  readonly calls: readonly Call[];
  /** Called when the last one is in the chain. */
  readonly after?: () => void;
}

export interface Transaction {
  readonly start: (task: Task) => void;
  readonly dialog: ComponentChildren;
  readonly isBusy: boolean;
}

interface Running {
  readonly task: Task;
  readonly index: number;
  readonly standing: Standing;
}

export function useTransaction(): Transaction {
  const network = useNetwork().value;
  const [running, setRunning] = useState<Running | null>(null);
  // a run that was left must not show anything any more
  const run = useRef(0);
  useEffect(
    () => () => {
      run.current++;
    },
    [],
  );

  const begin = useCallback(async (task: Task, index: number, on: Network) => {
    const mine = ++run.current;
    const show = (standing: Standing) => mine === run.current && setRunning({ task, index, standing });
    const call = task.calls[index];
    const ports = portsFor(on, () => mine !== run.current);
    if (!call || !ports) return;
    show({ at: "checking" });
    show(await prepare(call, ports));
  }, []);

  const start = useCallback(
    (task: Task) => {
      if (!connection.get()) return isChoosing.set(true);
      if (network) void begin(task, 0, network);
    },
    [network, begin],
  );

  const sign = () => {
    if (!running || !network || running.standing.at !== "ready") return;
    const { task, index, standing } = running;
    const mine = ++run.current;
    const ports = portsFor(network, () => mine !== run.current);
    const call = task.calls[index];
    if (!ports || !call) return;
    let isFirstDone = true;
    const show = (next: Standing) => {
      if (mine !== run.current) return;
      if (next.at === "done" && isFirstDone) {
        isFirstDone = false;
        announce(`${call.does}: done`);
        if (index + 1 < task.calls.length) return void begin(task, index + 1, network);
        finish(task, next.block);
      }
      setRunning({ task, index, standing: next });
    };
    const { words, cost } = standing;
    void send(call, { words, cost }, ports, show);
  };

  const close = () => {
    const left = running?.standing;
    // what was sent goes on in the chain: keep watching quietly, so that the page learns of it
    if (left?.at === "waiting" && network && running) keepWatching(running, left.hash, network);
    run.current++;
    setRunning(null);
  };

  const dialog = running && network && (
    <TransactionDialog
      title={running.task.title}
      calls={running.task.calls}
      index={running.index}
      standing={running.standing}
      network={network}
      sign={sign}
      again={() => void begin(running.task, running.index, network)}
      close={close}
    />
  );
  return { start, dialog, isBusy: running !== null };
}

/** Tells who began it, at once and again when the gateway has read that block too: until then it gives what was before. */
function finish(task: Task, block: number): void {
  task.after?.();
  if (task.after) whenHeadIs(block, task.after);
}

function keepWatching(running: Running, hash: `0x${string}`, network: Network): void {
  let isOver = false;
  const ports = portsFor(network, () => isOver);
  const call = running.task.calls[running.index];
  if (!ports || !call) return;
  void follow(call, hash, ports, (standing) => {
    if (standing.at === "waiting") return;
    isOver = true;
    announce(standing.at === "done" ? `${call.does}: done` : `${call.does}: ${standing.at}`);
    if (standing.at === "done") finish(running.task, standing.block);
  });
}

function portsFor(network: Network, isLeft: () => boolean): Ports | null {
  const now = connection.get();
  if (!now) return null;
  return {
    account: now.account,
    chain: network.chain.id,
    wallet: (method, params) => now.wallet.provider.request({ method, params }),
    node: askChain,
    words: async (call) => {
      const value = (call.value ?? 0n).toString();
      return post<CallWords>("page/api/words", { to: call.to, data: call.data, value });
    },
    refusal: (contract, data) => post<Refusal>("page/api/refusal", { contract, data }),
    now: () => performance.now(),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    isLeft,
  };
}
