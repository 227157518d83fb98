// The cover against bad-air days, as the chain has it.
import type { Resource } from "../../src/api/resource";
import { Address } from "../../src/parts/Address";
import { Card } from "../../src/parts/Card";
import { Loaded } from "../../src/parts/Loaded";
import { Pill } from "../../src/parts/Pill";
import { Facts, Stat, Stats } from "../../src/parts/Stat";
import { formatAmount } from "../../src/text/amounts";
import { formatCount, formatCounted } from "../../src/text/numbers";
import { clockDay } from "./clock";
import { rounded } from "./Here";
import type { Cover, CoverDay } from "./shapes";

const COIN_DECIMALS = 18;
const coins = (amount: string) => formatAmount(amount, COIN_DECIMALS, { symbol: "coin" });

export function CoverCard({ cover, hasNone }: { cover: Resource<Cover | null>; hasNone: boolean }) {
  return (
    <Card title="The cover against bad-air days" note="BadAirDays, a contract">
      {hasNone ? (
        <p class="quiet">This run has played no cover.</p>
      ) : (
        <Loaded resource={cover} what="The cover">
          {(told) => told && <Told cover={told} />}
        </Loaded>
      )}
    </Card>
  );
}

function Told({ cover }: { cover: Cover }) {
  const covered = cover.last_day - cover.first_day + 1;
  return (
    <>
      <p>
        It pays {coins(cover.amount)} for each day on which {cover.needed} or more stations show a mean of{" "}
        {rounded(cover.threshold, 0)}&nbsp;µg/m³ or more. Nobody gives it a number: it reads the packets that the
        stations signed.
      </p>
      <Stats>
        <Stat label="A day is bad from" value={rounded(cover.threshold, 0)} unit="µg/m³" />
        <Stat
          label="Days paid"
          value={`${formatCount(cover.paid_days)} of ${formatCount(cover.most_days)}`}
          note={coins((BigInt(cover.amount) * BigInt(cover.paid_days)).toString())}
          marked
        />
        <Stat
          label="Days shown"
          value={`${formatCount(cover.days.length)} of ${formatCount(covered)}`}
          note={`${clockDay(cover.first_day)} to ${clockDay(cover.last_day)}`}
        />
      </Stats>
      <section class="table-frame" tabIndex={0} aria-label="Days of the cover">
        <table class="table">
          <caption class="heard">Days that stations have shown to the contract</caption>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Means shown, µg/m³</th>
              <th scope="col">Bad at</th>
              <th scope="col">Paid</th>
            </tr>
          </thead>
          <tbody>
            {cover.days.map((day) => (
              <Day key={day.day} day={day} needed={cover.needed} />
            ))}
          </tbody>
        </table>
      </section>
      <Facts
        facts={[
          ["Contract", <Address key="contract" value={cover.contract} />],
          ["Is paid", <Address key="beneficiary" value={cover.beneficiary} />],
          ["Not fetched yet", coins(cover.owed)],
          ["Read", `from the chain at block ${formatCount(cover.block)}`],
          ["State", cover.is_closed ? "closed: what was not paid went back to its sponsor" : "open"],
        ]}
      />
      <p class="quiet">A day, or a station, that shows nothing counts as clean.</p>
    </>
  );
}

function Day({ day, needed }: { day: CoverDay; needed: number }) {
  const bad = day.shown.filter((each) => each.is_bad).length;
  return (
    <tr>
      <th scope="row">{clockDay(day.day)}</th>
      <td class="means">{day.shown.map((each) => `${each.station} ${rounded(each.mean, 0)}`).join(", ")}</td>
      <td>
        {bad} of {formatCounted(day.shown.length, "station", "stations")}
      </td>
      <td>
        <Pill tone={day.is_paid ? "good" : "plain"}>{day.is_paid ? "Paid" : bad >= needed ? "Not paid" : "Clean"}</Pill>
      </td>
    </tr>
  );
}
