// How far an offering has come: to its minimum, to all it offers, and to its end.
import { head } from "../api/live";
import type { Offering } from "../api/shapes";
import { Card } from "../parts/Card";
import { Pill, type Tone } from "../parts/Pill";
import { Facts, Stat, Stats } from "../parts/Stat";
import { useStore } from "../state";
import { formatAmount, formatPercent } from "../text/amounts";
import { formatCount } from "../text/numbers";
import { formatSpan, formatTime } from "../text/times";
import { type Standing, standingOf } from "./standing";

const PHASES: Readonly<Record<Offering["phase"], readonly [words: string, tone: Tone]>> = {
  before: ["not open yet", "plain"],
  open: ["open", "good"],
  settling: ["over, to be settled", "warn"],
  failed: ["failed", "bad"],
  succeeded: ["succeeded", "good"],
};

export function OfferingProgress({ offering, now }: { offering: Offering; now: number }) {
  const time = useStore(head)?.time ?? now;
  const standing = standingOf(offering);
  const { payment, token } = offering;
  const money = (amount: string | bigint) =>
    formatAmount(amount, payment.decimals, { symbol: payment.symbol, digits: 6 });
  const [words, tone] = PHASES[offering.phase];
  const left = offering.phase === "before" ? offering.opens - time : offering.closes - time;
  return (
    <Card title="Where it stands" note={<Pill tone={tone}>{words}</Pill>}>
      <Stats>
        <Stat
          label="Paid so far"
          value={formatAmount(offering.raised, payment.decimals, { digits: 6 })}
          unit={payment.symbol}
          note={`${formatPercent(standing.part)} of all that is offered`}
          marked
        />
        <Stat
          label="Price"
          value={formatAmount(offering.price, payment.decimals, { digits: 8 })}
          unit={payment.symbol}
          note={`for one ${token.symbol}, the same for everybody`}
        />
        {(offering.phase === "before" || offering.phase === "open") && (
          <Stat
            label={offering.phase === "before" ? "Opens in" : "Time left"}
            value={left > 0 ? formatSpan(left) : "a moment"}
            note={formatTime(offering.phase === "before" ? offering.opens : offering.closes)}
          />
        )}
      </Stats>
      <Bar
        part={standing.part}
        minimum={standing.minimumPart}
        words={`${money(offering.raised)} of ${money(offering.target)}`}
      />
      <p>{outlook(offering, standing, money(offering.minimum))}</p>
      <Facts
        facts={[
          ["Offered", formatAmount(offering.offered, token.decimals, { symbol: token.symbol })],
          ["Minimum", money(offering.minimum)],
          ["For all of it", money(offering.target)],
          ["At most by one account", offering.cap_per_buyer === null ? "no limit" : money(offering.cap_per_buyer)],
          ["Who may buy", WHO[offering.admission]],
          ["Open", `${formatTime(offering.opens)} to ${formatTime(offering.closes)}`],
          ["Buyers", offering.buyers === null ? "not counted here" : formatCount(offering.buyers)],
        ]}
      />
    </Card>
  );
}

function outlook(offering: Offering, standing: Standing, minimum: string): string {
  if (offering.phase === "succeeded")
    return "It succeeded: buyers fetch their tokens, and what was too much goes back.";
  if (offering.phase === "failed") return "It failed: everybody gets back all they paid, at any time.";
  if (!standing.isOverMinimum) return `Below ${minimum} at the end it fails, and everybody gets back all they paid.`;
  if (!standing.isOverTarget) return "The minimum is reached: it succeeds when its time is over.";
  return "More is paid than is offered: tokens are shared out by what each paid, and the rest goes back.";
}

const WHO: Readonly<Record<Offering["admission"], string>> = {
  open: "anybody",
  list: "accounts on a list that was fixed at the launch",
  alliance: "owners of a device that the alliance admits, once they have accepted its terms",
};

/** The raised part of the target, with the minimum marked on it. */
function Bar({ part, minimum, words }: { part: number; minimum: number; words: string }) {
  const percent = Math.min(100, part * 100);
  return (
    <div class="goal">
      <div
        class="goal-bar"
        role="progressbar"
        aria-label="Paid of what is offered"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(percent)}
        aria-valuetext={words}
      >
        <span class="goal-fill" style={{ width: `${percent}%` }} />
        <span class="goal-mark" style={{ insetInlineStart: `${minimum * 100}%` }} />
      </div>
      <div class="goal-legend quiet" aria-hidden="true">
        <span style={{ insetInlineStart: `${Math.min(86, Math.max(0, minimum * 100 - 6))}%` }}>minimum</span>
      </div>
    </div>
  );
}
