// What happens with the money: if it fails, if it succeeds, and what the milestones release.
import type { Offering } from "../api/shapes";
import { modelOffering } from "../chain/abi";
import { callOf } from "../chain/call";
import { Address } from "../parts/Address";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Progress } from "../parts/Progress";
import { formatAmount, formatPercent } from "../text/amounts";
import { formatCount } from "../text/numbers";
import { formatTime } from "../text/times";
import { useTransaction } from "../wallet/useTransaction";

export function Promises({ offering, again }: { offering: Offering; again: () => void }) {
  const { milestones, payment, phase } = offering;
  const money = (amount: string) => formatAmount(amount, payment.decimals, { symbol: payment.symbol, digits: 6 });
  return (
    <Card title="What happens with the money">
      <ul class="stack">
        <li>
          <strong>If it fails</strong> (less than {money(offering.minimum)} by the end), everybody gets back all they
          paid, and every token is burned. Nobody can stop that.
        </li>
        <li>
          <strong>If it succeeds</strong>, the proceeds go to the treasury{" "}
          <Address value={offering.treasury} copies={false} />, over which holders vote
          {milestones === null
            ? ", all at once."
            : `: ${formatPercent(milestones.first_bps / 10_000)} at once, the rest in equal parts with each of ${formatCount(milestones.rounds)} rounds that made the model better.`}
        </li>
        {milestones && (
          <li>
            <strong>If the milestones are missed</strong> by {formatTime(milestones.deadline)}, what they did not
            release goes back to the buyers, who keep their tokens.
          </li>
        )}
      </ul>
      {phase === "succeeded" && milestones && <Milestones offering={offering} again={again} />}
      {phase === "succeeded" && (
        <p class="quiet">
          The treasury has had {money(offering.released)}
          {offering.releasable !== "0" && `, and can have ${money(offering.releasable)} more`}; buyers got back{" "}
          {money(offering.refunded)}.
        </p>
      )}
    </Card>
  );
}

function Milestones({ offering, again }: { offering: Offering; again: () => void }) {
  const counting = useTransaction();
  const { milestones, address } = offering;
  if (milestones === null) return null;
  const count = () => {
    const told = { contract: "ModelOffering", does: "Count finalised rounds towards the milestones" };
    counting.start({
      title: "Count the milestones",
      calls: [callOf(address, modelOffering, "countRounds", [64n], told)],
      after: again,
    });
  };
  return (
    <>
      <h3>Milestones</h3>
      <Progress
        part={milestones.counted / milestones.rounds}
        label="Rounds that count"
        text={`${milestones.counted} of ${milestones.rounds} rounds`}
      />
      <div class="row spread">
        <span>
          {formatCount(milestones.counted)} of {formatCount(milestones.rounds)} rounds
          {milestones.missed ? "; missed" : ` by ${formatTime(milestones.deadline)}`}
        </span>
        {!milestones.missed && milestones.counted < milestones.rounds && (
          <Button kind="plain" small onClick={count}>
            Count new rounds
          </Button>
        )}
      </div>
      {counting.dialog}
    </>
  );
}
