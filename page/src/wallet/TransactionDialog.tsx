// Where a transaction stands, told in words, with what can be done next.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { CallWords, Network } from "../api/shapes";
import { Address } from "../parts/Address";
import { Bones } from "../parts/Bones";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Notice } from "../parts/Notice";
import { Progress } from "../parts/Progress";
import { Facts } from "../parts/Stat";
import { formatAmount } from "../text/amounts";
import { formatCount } from "../text/numbers";
import { formatSpan } from "../text/times";
import { connection, switchChain } from "./connection";
import { messageOf } from "./provider";
import type { Call, Cost, Standing } from "./transaction";

export interface TransactionDialogProps {
  title: string;
  calls: readonly Call[];
  index: number;
  standing: Standing;
  network: Network;
  sign: () => void;
  again: () => void;
  close: () => void;
}

export function TransactionDialog(props: TransactionDialogProps) {
  const { title, calls, index, standing, network, close } = props;
  const call = calls[index];
  if (!call) return null;
  return (
    <Dialog title={title} isOpen close={close}>
      {calls.length > 1 && (
        <p class="quiet">
          Step {index + 1} of {calls.length}: {call.does}
        </p>
      )}
      <div class="stack" aria-live="polite" data-standing={standing.at}>
        <Told {...props} call={call} />
      </div>
      {standing.at === "done" && (
        <div class="dialog-foot">
          <Button onClick={close}>Close</Button>
        </div>
      )}
      {standing.at !== "done" && standing.at !== "ready" && (
        <p class="quiet">On {network.chain.name}, by the wallet you connected.</p>
      )}
    </Dialog>
  );
}

function Told({ standing, network, call, sign, again, close }: TransactionDialogProps & { call: Call }) {
  switch (standing.at) {
    case "checking":
      return <Bones lines={3} label="Trying the transaction before you sign it" />;
    case "wrong-network":
      return <WrongNetwork has={standing.has} network={network} again={again} />;
    case "refused":
      return (
        <Foot again={again} close={close}>
          <Notice tone="bad" title="The contract would refuse this. Nothing was sent.">
            <p>{standing.sentence}</p>
            {standing.hint && <p>{standing.hint}</p>}
          </Notice>
        </Foot>
      );
    case "ready":
      return (
        <>
          {standing.said && <Notice tone="warn">You declined it in the wallet. Nothing was sent.</Notice>}
          <Words call={call} words={standing.words} cost={standing.cost} network={network} />
          <div class="dialog-foot">
            <Button kind="plain" onClick={close}>
              Cancel
            </Button>
            <Button onClick={sign}>Sign in the wallet</Button>
          </div>
        </>
      );
    case "signing":
      return (
        <>
          <Words call={call} words={standing.words} cost={standing.cost} network={network} />
          <Progress part={null} label="Waiting for the wallet" />
          <p>Look in your wallet: it asks you to sign.</p>
        </>
      );
    case "waiting":
      return <Waiting standing={standing} />;
    case "replaced":
      return (
        <Notice tone="warn" title="Another transaction took its place.">
          <p>Your account sent another one with the same number, which is in the chain. Your wallet shows which.</p>
          <Address value={standing.hash} />
        </Notice>
      );
    case "reverted":
      return (
        <Notice tone="bad" title="It is in the chain, and the contract refused it.">
          <p>{standing.sentence}</p>
          {standing.hint && <p>{standing.hint}</p>}
          <p class="quiet">The fee is spent. Nothing else changed.</p>
          <Address value={standing.hash} />
        </Notice>
      );
    case "done":
      return (
        <Notice tone="good" title="Done.">
          <p>
            {call.does}: in block {formatCount(standing.block)}.
          </p>
          <Address value={standing.hash} />
        </Notice>
      );
    case "failed":
      return (
        <Foot again={again} close={close}>
          <Notice tone="bad" title="The wallet or the way to the chain failed.">
            <p>{standing.reason}</p>
          </Notice>
        </Foot>
      );
  }
}

function Foot({ again, close, children }: { again: () => void; close: () => void; children: ComponentChildren }) {
  return (
    <>
      {children}
      <div class="dialog-foot">
        <Button kind="plain" onClick={close}>
          Close
        </Button>
        <Button onClick={again}>Try again</Button>
      </div>
    </>
  );
}

function Words({
  call,
  words,
  cost,
  network,
}: {
  call: Call;
  words: CallWords | null;
  cost: Cost | null;
  network: Network;
}) {
  const { coin } = network.chain;
  const inCoin = (wei: bigint) => formatAmount(wei, coin.decimals, { symbol: coin.symbol ?? "coin", digits: 6 });
  return (
    <>
      <p class="transaction-does">{call.does}</p>
      <Facts
        facts={[
          ["What the contract reads", words ? words.words : "The gateway knows no words for this call."],
          ...(call.value ? [["Sends along", inCoin(call.value)] as const] : []),
          ["To", <Address key="to" value={call.to} />],
          [
            "Fee at most",
            cost ? `${inCoin(cost.fee)} (${formatCount(Number(cost.gas))} gas)` : "Your wallet tells it.",
          ],
          ["Network", network.chain.name],
        ]}
      />
      {words && (
        <details>
          <summary>The call itself</summary>
          <p class="call-decoded">{words.call}</p>
        </details>
      )}
      <p class="quiet">Tried just now against the newest block: it goes through.</p>
    </>
  );
}

function Waiting({ standing }: { standing: Extract<Standing, { at: "waiting" }> }) {
  return (
    <>
      {standing.isGone && (
        <Notice tone="warn" title="The chain took its block back.">
          <p>The transaction was in a block that is no longer part of the chain. It is waiting to be taken up again.</p>
        </Notice>
      )}
      <Progress part={null} label="Waiting for the chain" />
      <p>
        Sent. Waiting for a block to take it up, for {formatSpan(standing.seconds)} now.
        {standing.isSlow &&
          " That is long: the network is busy, or the fee is low. Nothing is lost; this page keeps waiting."}
      </p>
      <Address value={standing.hash} />
      <p class="quiet">You may close this. It goes on without the page.</p>
    </>
  );
}

function WrongNetwork({ has, network, again }: { has: number; network: Network; again: () => void }) {
  const [trouble, setTrouble] = useState<string | null>(null);
  const change = async () => {
    const now = connection.get();
    if (!now) return;
    try {
      await switchChain(now.wallet.provider, network.chain);
      again();
    } catch (error) {
      setTrouble(messageOf(error));
    }
  };
  return (
    <>
      <Notice tone="warn" title="Your wallet is on another network.">
        <p>
          It is on chain {has}; this model lives on {network.chain.name} (chain {network.chain.id}).
        </p>
        {trouble && <p>The wallet did not change over: {trouble}</p>}
      </Notice>
      <div class="dialog-foot">
        <Button kind="plain" onClick={again}>
          I have changed it
        </Button>
        <Button onClick={change}>Change to {network.chain.name}</Button>
      </div>
    </>
  );
}
