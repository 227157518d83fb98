// All proposals, newest first, and making a new one.
import { useState } from "preact/hooks";
import { withQuery } from "../api/client";
import { head } from "../api/live";
import { useNetwork, useResource } from "../api/resource";
import type { Proposal, Proposals } from "../api/shapes";
import { Button } from "../parts/Button";
import { Loaded } from "../parts/Loaded";
import { Nothing } from "../parts/Notice";
import { Pill } from "../parts/Pill";
import { useStore } from "../state";
import { formatCount, formatCounted } from "../text/numbers";
import { formatSpan, formatTime } from "../text/times";
import { connection } from "../wallet/connection";
import { Propose } from "./Propose";
import { STATES } from "./standing";
import { VoteBar } from "./VoteBar";

const COUNT_FIRST = 10;
const COUNT_MOST = 200;

export function VoteList() {
  const now = useStore(connection);
  const network = useNetwork().value;
  const [count, setCount] = useState(COUNT_FIRST);
  const path = withQuery("/proposals", { first: 0, count, account: now?.account });
  const proposals = useResource<Proposals>(path, ["proposal", "block"]);
  return (
    <>
      <section class="lead">
        <p class="overline">Votes</p>
        <h1>What holders decide</h1>
        <p class="lead-text">
          Who may ask and at what price, what the treasury pays, how the model goes on. Every proposal is shown by what
          it does, not only by what it says.
        </p>
      </section>
      <Loaded resource={proposals} what="The list of proposals" lines={6}>
        {(page) => (
          <>
            {page.total === 0 && (
              <Nothing>
                {page.threshold === null && page.why_not ? capitalised(page.why_not) : "There is no proposal yet."}
              </Nothing>
            )}
            <ul class="proposals">
              {page.items.map((proposal) => (
                <li key={proposal.id}>
                  <Row proposal={proposal} page={page} />
                </li>
              ))}
            </ul>
            {(page.total ?? 0) > page.items.length && count < COUNT_MOST && (
              <div class="row">
                <Button kind="plain" onClick={() => setCount(Math.min(COUNT_MOST, count * 4))}>
                  Show more of {formatCounted(page.total ?? 0, "proposal", "proposals")}
                </Button>
              </div>
            )}
            {(page.total ?? 0) > COUNT_MOST && count >= COUNT_MOST && (
              <Nothing>The newest {formatCount(COUNT_MOST)}; the older ones have their own links.</Nothing>
            )}
            {page.threshold !== null && network && <Propose page={page} network={network} again={proposals.again} />}
          </>
        )}
      </Loaded>
    </>
  );
}

function Row({ proposal, page }: { proposal: Proposal; page: Proposals }) {
  const time = useStore(head)?.time ?? 0;
  const [words, tone] = STATES[proposal.state];
  const isOpen = proposal.state === "active";
  return (
    <article class="card">
      <div class="card-head">
        <h2 class="proposal-title">
          <a href={`#/votes/${proposal.id}`}>{proposal.title ?? "A proposal without a text here"}</a>
        </h2>
        <div class="row">
          {proposal.voted && <Pill>you voted{proposal.voted.support ? ` ${proposal.voted.support}` : ""}</Pill>}
          <Pill tone={tone}>{words}</Pill>
        </div>
      </div>
      <ul class="call-list">
        {proposal.calls.slice(0, 3).map((call, index) => (
          <li key={index}>{call.words}</li>
        ))}
        {proposal.calls.length > 3 && <li>and {formatCount(proposal.calls.length - 3)} more</li>}
      </ul>
      <VoteBar proposal={proposal} symbol={page.symbol} decimals={page.decimals} />
      <p class="quiet">
        {isOpen && time > 0 && proposal.deadline > time
          ? `Votes end in ${formatSpan(proposal.deadline - time)}, ${formatTime(proposal.deadline)}`
          : `Votes ${proposal.state === "pending" ? "begin" : "ended"} ${formatTime(proposal.state === "pending" ? proposal.snapshot : proposal.deadline)}`}
      </p>
    </article>
  );
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
