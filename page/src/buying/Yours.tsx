// What the connected account has in an offering: paid, tokens to fetch, money to get back.
import type { Offering } from "../api/shapes";
import { modelOffering } from "../chain/abi";
import { callOf } from "../chain/call";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Nothing } from "../parts/Notice";
import { Stat, Stats } from "../parts/Stat";
import { formatAmount } from "../text/amounts";
import { useTransaction } from "../wallet/useTransaction";

export function Yours({ offering, again }: { offering: Offering; again: () => void }) {
  const fetching = useTransaction();
  const { account, payment, token, address, phase } = offering;
  if (account === null) return null;
  const money = (amount: string) => formatAmount(amount, payment.decimals, { symbol: payment.symbol, digits: 6 });
  const tokens = formatAmount(account.tokens_due, token.decimals, { symbol: token.symbol });
  const isOver = phase === "settling" || phase === "failed" || phase === "succeeded";
  const buyer = [account.account] as const;
  const contract = "ModelOffering";
  const claim = () =>
    fetching.start({
      title: "Fetch your tokens",
      calls: [callOf(address, modelOffering, "claim", buyer, { contract, does: `Fetch ${tokens}` })],
      after: again,
    });
  const refund = () =>
    fetching.start({
      title: "Get your money back",
      calls: [
        callOf(address, modelOffering, "refund", buyer, { contract, does: `Get back ${money(account.refund_due)}` }),
      ],
      after: again,
    });
  const settle = () =>
    fetching.start({
      title: "Settle the offering",
      calls: [
        callOf(address, modelOffering, "settle", [], { contract, does: "Settle: find out whether it succeeded" }),
      ],
      after: again,
    });
  return (
    <Card title="Yours">
      {account.paid === "0" ? (
        <Nothing>This account has paid nothing.</Nothing>
      ) : (
        <Stats>
          <Stat
            label="You paid"
            value={formatAmount(account.paid, payment.decimals, { digits: 6 })}
            unit={payment.symbol}
          />
          <Stat
            label="Tokens to fetch"
            value={formatAmount(account.tokens_due, token.decimals)}
            unit={token.symbol}
            note={account.claimed ? "fetched" : isOver ? null : "known at the end"}
          />
          <Stat
            label="To get back"
            value={formatAmount(account.refund_due, payment.decimals, { digits: 6 })}
            unit={payment.symbol}
            note={account.refunded || account.returned ? "some was paid back" : null}
          />
        </Stats>
      )}
      <div class="row">
        {phase === "settling" && <Button onClick={settle}>Settle it</Button>}
        {account.tokens_due !== "0" && <Button onClick={claim}>Fetch {tokens}</Button>}
        {account.refund_due !== "0" && (
          <Button kind={account.tokens_due === "0" ? "main" : "plain"} onClick={refund}>
            Get back {money(account.refund_due)}
          </Button>
        )}
      </div>
      {fetching.dialog}
    </Card>
  );
}
