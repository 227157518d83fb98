// How the model is run: the round under way, who runs it and what they put down for it, and how this gateway stands.
import "../styles/operator.css";
import { head } from "../api/live";
import { useNetwork, useResource } from "../api/resource";
import type { Health, Market, OperatorFacts, OperatorRow, RoundUnderWay } from "../api/shapes";
import { Address } from "../parts/Address";
import { Card } from "../parts/Card";
import { Loaded } from "../parts/Loaded";
import { Nothing, Notice } from "../parts/Notice";
import { Pill } from "../parts/Pill";
import { Facts, Stat, Stats } from "../parts/Stat";
import { useStore } from "../state";
import { formatAmount } from "../text/amounts";
import { formatCount, formatCounted } from "../text/numbers";
import { formatSince, formatTime } from "../text/times";
import { RoundsCard, StatusPill } from "./model_page/Rounds";
import { Stages } from "./operator_page/Stages";

export default function Operator() {
  const facts = useResource<OperatorFacts>("/operator", ["block", "round", "version"]);
  return (
    <>
      <section class="lead">
        <p class="overline">For operators</p>
        <h1>How the model is run</h1>
        <p class="lead-text">
          A coordinator opens rounds, validators compute each of them again and put their bond down for what they say.
          Where all that stands, block by block.
        </p>
      </section>
      <Loaded resource={facts} what="How the model is run" lines={8}>
        {(shown) => (
          <>
            <RoundCard round={shown.round} idleAt={shown.idle_at} />
            <OperatorsCard facts={shown} />
            <div class="halves">
              <HealthCard health={shown.health} />
              <MarketCard market={shown.market} coin={shown.coin} />
            </div>
            <RoundsCard symbol={shown.symbol ?? ""} decimals={shown.decimals ?? 18} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** The chain's clock, as of the newest block that this page heard of. */
function useChainTime(): number | null {
  const network = useNetwork().value;
  return useStore(head)?.time ?? network?.chain.time ?? null;
}

function RoundCard({ round, idleAt }: { round: RoundUnderWay | null; idleAt: number | null }) {
  const now = useChainTime();
  const when = (seconds: number | null | undefined) =>
    seconds == null ? "—" : now === null ? formatTime(seconds) : formatSince(seconds, now);
  if (!round) {
    return (
      <Card title="No round yet">
        <Nothing>No round was opened. The coordinator opens the first one.</Nothing>
      </Card>
    );
  }
  const isOver = round.status === "finalised" || round.status === "void";
  const isLate = !isOver && now !== null && round.deadline !== null && round.deadline < now;
  return (
    <Card
      title={`Round ${formatCount(round.round)}`}
      note={round.attempt > 0 ? `attempt ${formatCount(round.attempt + 1)}` : undefined}
    >
      <div class="row">
        <StatusPill round={round} />
        {!isOver && <span>{round.phase}</span>}
      </div>
      <Stages status={round.status} />
      {isLate && (
        <Notice tone="warn" title="The deadline has passed.">
          <p>
            {round.voidable_at !== null && now !== null && round.voidable_at <= now
              ? "Anybody may void this round now; its emission returns."
              : `Anybody may void this round ${when(round.voidable_at)}.`}
          </p>
        </Notice>
      )}
      <Stats>
        <Stat
          label="Sealed votes"
          value={formatCount(round.commits)}
          note={`of ${formatCounted(round.n, "validator", "validators")}`}
        />
        <Stat
          label="Opened votes"
          value={formatCount(round.reveals)}
          note={`${formatCount(round.k)} equal ones decide`}
        />
        <Stat label="Took part" value={round.contributors === null ? "—" : formatCount(round.contributors)} />
        <Stat
          label="Unresolved updates"
          value={formatCount(round.unresolved)}
          note="posted on chain, not yet taken up"
        />
      </Stats>
      <Facts
        facts={[
          ["Opened", round.opened_at === null ? "—" : formatTime(round.opened_at)],
          ...(isOver ? [] : [["Deadline", withTime(round.deadline, when)] as const]),
          ...(isOver || round.voidable_at === null
            ? []
            : [["May be voided", withTime(round.voidable_at, when)] as const]),
          ...(round.finalisable_at && !isOver
            ? [["May be made final", withTime(round.finalisable_at, when)] as const]
            : []),
          ...(round.finalised_at === null ? [] : [["Final since", formatTime(round.finalised_at)] as const]),
          ...(round.void_reason ? [["Void because", round.void_reason] as const] : []),
          ...(idleAt === null ? [] : [["A standby may take over", withTime(idleAt, when)] as const]),
        ]}
      />
    </Card>
  );
}

function withTime(seconds: number | null, when: (seconds: number | null) => string): string {
  return seconds === null ? "—" : `${when(seconds)} (${formatTime(seconds)})`;
}

function OperatorsCard({ facts }: { facts: OperatorFacts }) {
  const { operators, coin, round } = facts;
  const isOver = round === null || round.status === "finalised" || round.status === "void";
  const inCoin = (wei: string) => formatAmount(wei, coin.decimals, { symbol: coin.symbol ?? "coin", digits: 3 });
  return (
    <Card title="Operators" note="bonds are in the chain's coin, never in the model's token">
      {operators.length === 0 ? (
        <Nothing>Nobody has put down a bond yet.</Nothing>
      ) : (
        <section class="table-frame" tabIndex={0} aria-label="Operators, their bonds and votes">
          <table class="table">
            <caption class="heard">Operators, their bonds and votes</caption>
            <thead>
              <tr>
                <th scope="col">Operator</th>
                <th scope="col">Role</th>
                <th scope="col" class="right wide-only">
                  Bond
                </th>
                <th scope="col" class="right wide-only">
                  Being withdrawn
                </th>
                <th scope="col" class="right wide-only">
                  May claim
                </th>
                <th scope="col">In this round</th>
              </tr>
            </thead>
            <tbody>
              {operators.map((each) => (
                <tr key={`${each.account}/${each.role}`}>
                  <td>
                    <Address value={each.account} copies={false} />
                  </td>
                  <td>{each.role}</td>
                  <td class="right wide-only">{inCoin(each.bond)}</td>
                  <td class="right wide-only">{each.unbonding === "0" ? "—" : inCoin(each.unbonding)}</td>
                  <td class="right wide-only">
                    {formatAmount(each.claimable, facts.decimals ?? 18, { symbol: facts.symbol ?? "", digits: 3 })}
                  </td>
                  <td>
                    <Standing each={each} isOver={isOver} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  );
}

function Standing({ each, isOver }: { each: OperatorRow; isOver: boolean }) {
  if (!each.is_bonded) return <Pill tone="bad">bond too small</Pill>;
  if (typeof each.voted === "string" && each.voted) return <Pill tone="good">{each.voted}</Pill>;
  if (each.voted === true) return <Pill tone="good">voted</Pill>;
  return <Pill>{each.role === "validator" && !isOver ? "not yet" : "bonded"}</Pill>;
}

function HealthCard({ health }: { health: Health | null }) {
  const network = useNetwork().value;
  return (
    <Card title="This gateway" note={network ? `Andel ${network.gateway.version}` : undefined}>
      {!health && <Nothing>The gateway says nothing of its health.</Nothing>}
      {health && (
        <>
          <div class="row">
            <Pill tone={health.status === "ok" ? "good" : "warn"}>{health.status}</Pill>
            {health.trouble && <span>{health.trouble}</span>}
          </div>
          <Facts
            facts={[
              ["Answers with", health.version ? <Address key="v" value={health.version} /> : "no version yet"],
              ["Changes of version since its start", health.swaps == null ? "—" : formatCount(health.swaps)],
              ...(health.waiting_version
                ? [["Being loaded", <Address key="w" value={health.waiting_version} />] as const]
                : []),
              ...(network
                ? [
                    [
                      "Signs as",
                      network.gateway.signer ? <Address key="s" value={network.gateway.signer} /> : "nobody",
                    ] as const,
                    ["Sign-in with a wallet", network.gateway.sign_in ? "offered" : "not offered"] as const,
                    ["Paid calls", network.gateway.paid_calls ? "taken" : "not taken"] as const,
                    ["Audits of answers", network.gateway.audits ? "run here" : "not run here"] as const,
                  ]
                : []),
            ]}
          />
        </>
      )}
      {network && (
        <details>
          <summary>Contracts</summary>
          <Facts
            facts={Object.entries(network.contracts).map(
              ([name, address]) => [name, address ? <Address key={name} value={address} /> : "—"] as const,
            )}
          />
        </details>
      )}
    </Card>
  );
}

function MarketCard({ market, coin }: { market: Market | null; coin: OperatorFacts["coin"] }) {
  if (!market) {
    return (
      <Card title="Market">
        <Nothing>This model is not asked in the inference market, or no market is known here.</Nothing>
      </Card>
    );
  }
  const { terms } = market;
  const price = (amount: string) =>
    formatAmount(amount, terms.token.decimals, { symbol: terms.token.symbol, digits: 6 });
  return (
    <Card title="Market" note={`routing: ${terms.routing}`}>
      <Facts
        facts={[
          ["At most", `${price(terms.price)} a call`],
          ["Each question goes to", formatCounted(terms.servers, "server", "servers")],
          ["Equal answers that decide", formatCount(terms.quorum)],
        ]}
      />
      {market.servers.length === 0 ? (
        <Nothing>No server has joined.</Nothing>
      ) : (
        <section class="table-frame" tabIndex={0} aria-label="Servers of the market">
          <table class="table">
            <caption class="heard">Servers of the market</caption>
            <thead>
              <tr>
                <th scope="col">Server</th>
                <th scope="col" class="right">
                  Price
                </th>
                <th scope="col" class="right wide-only">
                  Bond
                </th>
                <th scope="col">Standing</th>
              </tr>
            </thead>
            <tbody>
              {market.servers.map((server) => (
                <tr key={server.account}>
                  <td title={server.endpoint}>
                    <Address value={server.account} copies={false} />
                    <div class="endpoint">{server.endpoint}</div>
                  </td>
                  <td class="right">{price(server.price)}</td>
                  <td class="right wide-only">
                    {formatAmount(server.bond, coin.decimals, { symbol: coin.symbol ?? "coin", digits: 3 })}
                  </td>
                  <td>
                    {server.leaving ? (
                      <Pill tone="warn">leaving</Pill>
                    ) : server.agreed === false ? (
                      <Pill tone="warn">old terms</Pill>
                    ) : (
                      <Pill tone="good">serving</Pill>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  );
}
