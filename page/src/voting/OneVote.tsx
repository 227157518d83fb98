// One proposal whole: what it says, what it does, how it stands, what comes next, and what a reader can do.
import { withQuery } from "../api/client";
import { head } from "../api/live";
import { useNetwork, useResource } from "../api/resource";
import type { Account, Network, OneProposal } from "../api/shapes";
import { modelGovernor } from "../chain/abi";
import { callOf } from "../chain/call";
import { Address } from "../parts/Address";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Loaded } from "../parts/Loaded";
import { Notice } from "../parts/Notice";
import { Pill } from "../parts/Pill";
import { useTitle } from "../routing/router";
import { useStore } from "../state";
import { isSameAddress } from "../text/addresses";
import { formatSpan, formatTime } from "../text/times";
import { connection } from "../wallet/connection";
import { useTransaction } from "../wallet/useTransaction";
import { Calls } from "./Calls";
import { Cast } from "./Cast";
import { momentsOf, STATES } from "./standing";
import { VoteBar } from "./VoteBar";

export function OneVote({ id }: { id: string }) {
  const now = useStore(connection);
  const network = useNetwork().value;
  const proposal = useResource<OneProposal>(withQuery(`/proposals/${id}`, { account: now?.account }), [
    "proposal",
    "block",
  ]);
  const account = useResource<Account>(now ? `/account/${now.account}` : null, ["block"]).value;
  const title = proposal.value?.title ?? "A proposal";
  useTitle(proposal.value?.title);
  return (
    <>
      <section class="lead">
        <p class="overline">
          <a href="#/votes">Votes</a>
        </p>
        <h1>{title}</h1>
      </section>
      <Loaded resource={proposal} what="The proposal" lines={8}>
        {(told) => (
          <div class="halves wide-first loose">
            <div class="stack">
              <Card title="How it stands" note={<Pill tone={STATES[told.state][1]}>{STATES[told.state][0]}</Pill>}>
                <VoteBar proposal={told} symbol={told.symbol} decimals={told.decimals} />
              </Card>
              <Card title="What it does">
                <Calls calls={told.calls} />
              </Card>
              <Card
                title="What it says"
                note={
                  <>
                    by <Address value={told.proposer} />
                  </>
                }
              >
                {told.description === null ? (
                  <Notice tone="warn">
                    Its text is not in the blocks that this gateway reads. Its hash is {told.description_hash}.
                  </Notice>
                ) : (
                  <p class="proposal-text">{told.description}</p>
                )}
              </Card>
            </div>
            <div class="stack">
              {network && <Cast proposal={told} account={account} network={network} again={proposal.again} />}
              <Timeline proposal={told} network={network} again={proposal.again} />
            </div>
          </div>
        )}
      </Loaded>
    </>
  );
}

interface TimelineProps {
  proposal: OneProposal;
  network: Network | null;
  again: () => void;
}

function Timeline({ proposal, network, again }: TimelineProps) {
  const time = useStore(head)?.time ?? network?.chain.time ?? proposal.snapshot;
  const next = momentsOf(proposal, time).findIndex((moment) => !moment.done);
  return (
    <Card title="Its way" note="in your own time zone">
      <ol class="moments">
        {momentsOf(proposal, time).map((moment, index) => (
          <li
            key={moment.name}
            class={moment.done ? "done" : index === next ? "next" : ""}
            aria-current={index === next ? "step" : undefined}
          >
            <strong>{moment.name}</strong>
            {moment.at !== null && (
              <span class="quiet">
                {formatTime(moment.at)}
                {moment.at > time && `, in ${formatSpan(moment.at - time)}`}
              </span>
            )}
          </li>
        ))}
      </ol>
      {network && <Steps proposal={proposal} network={network} time={time} again={again} />}
    </Card>
  );
}

function Steps({
  proposal,
  network,
  time,
  again,
}: {
  proposal: OneProposal;
  network: Network;
  time: number;
  again: () => void;
}) {
  const now = useStore(connection);
  const acting = useTransaction();
  const { ModelGovernor } = network.contracts;
  if (!ModelGovernor) return null;
  const act = (name: "queue" | "execute" | "cancel", title: string, does: string) => {
    const call = callOf(ModelGovernor, modelGovernor, name, [BigInt(proposal.id)], { contract: "ModelGovernor", does });
    acting.start({ title, calls: [call], after: again });
  };
  const isRipe = proposal.state === "queued" && proposal.eta !== null && time >= proposal.eta;
  return (
    <div class="row">
      {proposal.state === "succeeded" && (
        <Button onClick={() => act("queue", "Queue the proposal", "Put it into the timelock")}>Queue it</Button>
      )}
      {proposal.state === "queued" && (
        <Button disabled={!isRipe} onClick={() => act("execute", "Carry it out", "Carry out what was decided")}>
          {isRipe ? "Carry it out" : `Can be carried out in ${formatSpan((proposal.eta ?? time) - time)}`}
        </Button>
      )}
      {proposal.state === "pending" && isSameAddress(now?.account, proposal.proposer) && (
        <Button kind="plain" onClick={() => act("cancel", "Take it back", "Cancel your proposal")}>
          Take it back
        </Button>
      )}
      {acting.dialog}
    </div>
  );
}
