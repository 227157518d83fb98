import type { Revenue } from "../../api/shapes";
import { Card } from "../../parts/Card";
import { LazyChart } from "../../parts/LazyChart";
import { Nothing } from "../../parts/Notice";
import { exactDecimal, formatAmount, formatPercent } from "../../text/amounts";
import { formatCounted } from "../../text/numbers";
import { formatDate, formatPeriod } from "../../text/times";

/** What the model earned for its holders, epoch by epoch, for each token it was paid in. */
export function RevenueCard({ revenue }: { revenue: Revenue | null }) {
  const period = revenue ? formatPeriod(revenue.epoch_seconds) : "";
  const paid = revenue?.tokens.filter((each) => each.epochs.some((epoch) => epoch.amount !== "0")) ?? [];
  return (
    <Card title="What it earns" note={revenue ? `shared out each ${period}` : undefined}>
      {!revenue && <Nothing>This model has no revenue vault.</Nothing>}
      {revenue && paid.length === 0 && (
        <Nothing>
          Nothing has been earned yet. What answers bring is shared out among the holders each {period}.
        </Nothing>
      )}
      {paid.map(({ token, epochs }) => (
        <LazyChart
          key={token.address}
          label={`Earned in ${token.symbol} in each ${period}`}
          x={epochs.map((epoch) => epoch.starts)}
          xName="From"
          isTime
          // drawn as numbers; the exact amounts are what the holder's page tells
          lines={[
            {
              name: token.symbol,
              values: epochs.map((epoch) => Number(exactDecimal(epoch.amount, token.decimals))),
              colour: "spruce",
              kind: "bars",
            },
          ]}
          height={240}
          fromZero
          formatX={(seconds) => formatDate(seconds)}
          formatY={(amount) => shortNumber(amount)}
        />
      ))}
      {paid.map(({ token, epochs }) => (
        <p class="quiet" key={token.address}>
          {formatAmount(
            epochs.reduce((sum, epoch) => sum + BigInt(epoch.amount), 0n),
            token.decimals,
            { symbol: token.symbol },
          )}{" "}
          in {formatCounted(epochs.length, "epoch", "epochs")}.
          {revenue?.redeemable_bps
            ? ` ${formatPercent(revenue.redeemable_bps / 10_000)} of it stays for whoever gives tokens back.`
            : ""}
        </p>
      ))}
    </Card>
  );
}

function shortNumber(amount: number): string {
  return new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 }).format(amount);
}
