// Casting a vote, with a reason for whoever wants to give one; and standing against what contributors may stop.
import { useState } from "preact/hooks";
import type { Account, Network, OneProposal } from "../api/shapes";
import { modelGovernor } from "../chain/abi";
import { callOf } from "../chain/call";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Field } from "../parts/Field";
import { Notice } from "../parts/Notice";
import { formatAmount } from "../text/amounts";
import { isChoosing } from "../wallet/connection";
import { useTransaction } from "../wallet/useTransaction";
import { SUPPORT, type Support } from "./standing";

export interface CastProps {
  proposal: OneProposal;
  /** The connected account; null without one. */
  account: Account | null;
  network: Network;
  again: () => void;
}

const CHOICES: readonly (readonly [Support, string])[] = [
  ["for", "For"],
  ["against", "Against"],
  ["abstain", "Abstain"],
];

export function Cast({ proposal, account, network, again }: CastProps) {
  const [choice, setChoice] = useState<Support | null>(null);
  const [reason, setReason] = useState("");
  const [isMissing, setMissing] = useState(false);
  const casting = useTransaction();
  const { ModelGovernor } = network.contracts;
  const shown = (amount: string) => formatAmount(amount, proposal.decimals, { symbol: proposal.symbol, digits: 2 });

  if (proposal.voted !== null)
    return (
      <Card title="Your vote">
        <Notice tone="good" title={proposal.voted.support ? `You voted ${proposal.voted.support}.` : "You have voted."}>
          A vote cannot be changed.
        </Notice>
        <Veto proposal={proposal} network={network} again={again} isConnected={account !== null} />
      </Card>
    );
  const submit = (event: Event) => {
    event.preventDefault();
    if (account === null) return isChoosing.set(true);
    if (choice === null || !ModelGovernor) return setMissing(true);
    const told = { contract: "ModelGovernor", does: `Vote ${choice}` };
    const id = BigInt(proposal.id);
    const call =
      reason.trim() === ""
        ? callOf(ModelGovernor, modelGovernor, "castVote", [id, SUPPORT[choice]], told)
        : callOf(ModelGovernor, modelGovernor, "castVoteWithReason", [id, SUPPORT[choice], reason.trim()], told);
    casting.start({ title: "Cast your vote", calls: [call], after: again });
  };
  return (
    <Card title="Your vote">
      {proposal.state !== "active" ? (
        <p>{proposal.state === "pending" ? "Votes have not begun yet." : "Votes are over."}</p>
      ) : (
        <form class="stack" onSubmit={submit}>
          <fieldset class="choice-set" aria-describedby={isMissing && choice === null ? "choice-missing" : undefined}>
            <legend>How do you vote?</legend>
            {CHOICES.map(([value, label]) => (
              <label key={value} class="radio-field">
                <input type="radio" name="support" checked={choice === value} onChange={() => setChoice(value)} />
                <span>{label}</span>
              </label>
            ))}
          </fieldset>
          {isMissing && choice === null && (
            <p class="field-error" id="choice-missing" role="alert">
              Choose for, against or abstain.
            </p>
          )}
          <Field
            label="Why, if you like"
            value={reason}
            change={setReason}
            lines={2}
            hint="Public, for ever, beside your vote."
          />
          {account && (
            <p class="quiet">
              {account.votes === "0"
                ? "Your account has no votes now. Delegate to yourself for later votes: see My share."
                : `You have ${shown(account.votes)} of votes now; what counts is what you had when votes began.`}
            </p>
          )}
          <div class="row">
            <Button type="submit">{account ? "Cast my vote" : "Connect a wallet to vote"}</Button>
          </div>
        </form>
      )}
      <Veto proposal={proposal} network={network} again={again} isConnected={account !== null} />
      {casting.dialog}
    </Card>
  );
}

interface VetoProps {
  proposal: OneProposal;
  network: Network;
  again: () => void;
  isConnected: boolean;
}

function Veto({ proposal, network, again, isConnected }: VetoProps) {
  const standing = useTransaction();
  const { ModelGovernor } = network.contracts;
  if (proposal.veto === null || !proposal.veto.open) return null;
  const against = () => {
    if (!isConnected) return isChoosing.set(true);
    if (!ModelGovernor) return;
    const told = { contract: "ModelGovernor", does: "Stand against it with all you have mined" };
    const call = callOf(ModelGovernor, modelGovernor, "veto", [BigInt(proposal.id)], told);
    standing.start({ title: "Stand against the proposal", calls: [call], after: again });
  };
  const shown = (amount: string) => formatAmount(amount, proposal.decimals, { symbol: proposal.symbol, digits: 2 });
  return (
    <div class="stack">
      <h3>Contributors' veto</h3>
      <p>
        {shown(proposal.veto.votes)} of {shown(proposal.veto.needed)} stand against it. Once enough do, it is cancelled
        for ever. It counts what an account has mined and still votes with.
      </p>
      <div class="row">
        <Button kind="plain" onClick={against}>
          Stand against it
        </Button>
      </div>
      {standing.dialog}
    </div>
  );
}
