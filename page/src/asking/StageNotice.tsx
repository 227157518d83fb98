// Where a question stands while there is no answer: what it costs, who may ask, what went wrong, and what to do.
import { useEffect, useState } from "preact/hooks";
import type { Network } from "../api/shapes";
import { erc20 } from "../chain/abi";
import { readContract } from "../chain/read";
import { Address } from "../parts/Address";
import { Button } from "../parts/Button";
import { Notice } from "../parts/Notice";
import { Progress } from "../parts/Progress";
import { Facts } from "../parts/Stat";
import { useStore } from "../state";
import { formatAmount } from "../text/amounts";
import { connection, isChoosing } from "../wallet/connection";
import { costOf, type DescribedModel } from "./model_form";
import { useToken } from "./PaidLine";
import type { Demand } from "./payment";
import type { AskFlow, Payment } from "./use_ask";

export function StageNotice({ flow, model, network }: { flow: AskFlow; model: DescribedModel; network: Network }) {
  const { stage } = flow;
  switch (stage.at) {
    case "idle":
    case "answered":
      return null;
    case "asking":
      return (
        <div class="stack" data-stage="asking">
          <Progress part={null} label="Waiting for the answer" />
          <p>{stage.payment ? "Bringing the payment to the chain, then asking. A block or two…" : "Asking…"}</p>
          <Button kind="plain" small onClick={flow.cancel}>
            Stop waiting
          </Button>
        </div>
      );
    case "costs":
    case "signing":
      return (
        <Price
          demand={stage.demand}
          said={stage.at === "costs" ? stage.said : null}
          isSigning={stage.at === "signing"}
          flow={flow}
          model={model}
          network={network}
        />
      );
    case "barred":
      return (
        <Notice tone="warn" title="This gateway does not answer you yet.">
          <p>{stage.error}</p>
          {stage.hint && <p class="quiet">{stage.hint}</p>}
        </Notice>
      );
    case "refused":
      return (
        <Notice tone="bad" title="The gateway refused the question.">
          <p>{stage.error}</p>
          {stage.hint && <p>{stage.hint}</p>}
          {stage.payment?.identifier && (
            <p>Your payment is still good: the next question is asked with it, and nothing is taken again.</p>
          )}
        </Notice>
      );
    case "later":
      return (
        <Notice tone="warn" title={stage.payment ? "No answer yet; your payment is kept." : "No answer yet."}>
          <p>{stage.error}</p>
          {stage.hint && <p class="quiet">{stage.hint}</p>}
          {stage.payment && <Kept payment={stage.payment} />}
          <AgainButton seconds={stage.seconds} isPaid={stage.payment !== null} again={flow.again} />
        </Notice>
      );
  }
}

function Kept({ payment }: { payment: Payment }) {
  return (
    <p>
      Ask again with the same payment: whether it was taken or not, nothing is taken a second time.
      {payment.identifier && (
        <>
          {" "}
          It is called <Address value={payment.identifier} />, and whoever knows that name can fetch its answer.
        </>
      )}
    </p>
  );
}

function AgainButton({ seconds, isPaid, again }: { seconds: number | null; isPaid: boolean; again: () => void }) {
  const [left, setLeft] = useState(seconds ?? 0);
  useEffect(() => {
    if (left <= 0) return;
    const tick = setTimeout(() => setLeft(left - 1), 1_000);
    return () => clearTimeout(tick);
  }, [left]);
  return (
    <Button onClick={again} disabled={left > 0}>
      {isPaid ? "Ask again; nothing is taken" : "Ask again"}
      {left > 0 && ` in ${left} s`}
    </Button>
  );
}

interface PriceProps {
  demand: Demand;
  said: string | null;
  isSigning: boolean;
  flow: AskFlow;
  model: DescribedModel;
  network: Network;
}

function Price({ demand, said, isSigning, flow, model, network }: PriceProps) {
  const now = useStore(connection);
  const token = useToken(demand.asset, network);
  const balance = useBalance(demand.asset, now?.account ?? null);
  const cost = costOf(model);
  const agreed = cost.kind === "paid" ? cost.perCall : null;
  const isOther = agreed !== null && (agreed.token !== demand.asset || BigInt(agreed.amount) !== demand.amount);
  const shown = (amount: bigint) =>
    token ? formatAmount(amount, token.decimals, { symbol: token.symbol, digits: 6 }) : `${amount} units`;
  const isShort = balance !== null && balance < demand.amount;
  return (
    <div class="notice price" data-stage={isSigning ? "signing" : "costs"}>
      <strong>This question costs {shown(demand.amount)}.</strong>
      {said && <p class="field-error">{said}</p>}
      {isOther && (
        <p class="field-error">
          That is another price than the one the model's holders voted. Ask another gateway, or pay knowingly.
        </p>
      )}
      <Facts
        facts={[
          ["Paid to", <Address key="to" value={demand.payTo} />],
          ["You have", balance === null ? "—" : shown(balance)],
          ["You sign", "a transfer of exactly this (ERC-3009); the gateway sends it and pays the fee"],
        ]}
      />
      {isShort && <p class="field-error">Your account has too little of it.</p>}
      {isSigning ? (
        <>
          <Progress part={null} label="Waiting for the wallet" />
          <p>Look in your wallet: it asks you to sign.</p>
        </>
      ) : (
        <div class="row">
          <Button onClick={now ? flow.pay : () => isChoosing.set(true)} disabled={isShort}>
            {now ? `Pay ${shown(demand.amount)} and ask` : "Connect a wallet to pay"}
          </Button>
          <Button kind="plain" onClick={flow.cancel}>
            Not now
          </Button>
        </div>
      )}
    </div>
  );
}

function useBalance(token: `0x${string}`, account: `0x${string}` | null): bigint | null {
  const [balance, setBalance] = useState<bigint | null>(null);
  useEffect(() => {
    let isLeft = false;
    setBalance(null);
    if (account !== null)
      readContract(token, erc20, "balanceOf", [account])
        .then((found) => !isLeft && setBalance(found))
        .catch(() => undefined);
    return () => {
      isLeft = true;
    };
  }, [token, account]);
  return balance;
}
