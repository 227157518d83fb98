// The alliance's terms: what is kept and what is shown of an owner's data, said before anything is agreed to.
import { useState } from "preact/hooks";
import type { Account, Model, Network } from "../api/shapes";
import { alliance } from "../chain/abi";
import { callOf } from "../chain/call";
import { Address } from "../parts/Address";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Pill } from "../parts/Pill";
import { formatTime } from "../text/times";
import { useTransaction } from "../wallet/useTransaction";
import { shownOf } from "./shown";

export interface ConsentProps {
  account: Account;
  model: Model;
  network: Network;
  again: () => void;
}

export function Consent({ account, model, network, again }: ConsentProps) {
  const [hasRead, setRead] = useState(false);
  const deciding = useTransaction();
  const { Alliance } = network.contracts;
  const { consent } = account;
  const termsHash = model.alliance.terms_hash;
  const isAccepted = consent?.accepted === true && consent.terms_hash === termsHash;
  const decide = (name: "accept" | "withdraw") => {
    if (!Alliance || !termsHash) return;
    const told = { contract: "Alliance" };
    const call =
      name === "accept"
        ? callOf(Alliance, alliance, "accept", [termsHash], {
            ...told,
            does: "Accept the alliance's terms for your devices",
          })
        : callOf(Alliance, alliance, "withdraw", [termsHash, 0n], {
            ...told,
            does: "Withdraw your consent, from the next round on",
          });
    const title = name === "accept" ? "Accept the terms" : "Withdraw your consent";
    deciding.start({ title, calls: [call], after: again });
  };
  const { kept, shown } = shownOf(model.task.privacy);
  return (
    <Card title="Consent" note={isAccepted ? <Pill tone="good">accepted</Pill> : <Pill>not accepted</Pill>}>
      <h3>What stays with you</h3>
      <ul>
        {kept.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      <h3>What others see, and nobody can take back</h3>
      <ul>
        {shown.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      <h3>The terms in force</h3>
      {model.alliance.terms_text === null ? (
        <p class="quiet">This gateway's store does not hold their text. Read it by its hash before you agree.</p>
      ) : (
        <blockquote class="terms-text" tabIndex={0}>
          {model.alliance.terms_text}
        </blockquote>
      )}
      {termsHash && (
        <p class="quiet">
          SHA-256 <Address value={termsHash} />
        </p>
      )}
      {consent?.until && <p>Your consent ends for rounds opened after {formatTime(consent.until)}.</p>}
      {isAccepted ? (
        <>
          <div class="row">
            <Button kind="plain" onClick={() => decide("withdraw")}>
              Withdraw my consent
            </Button>
          </div>
          <p class="quiet">
            Rounds opened after that leave your devices out. What was shown before cannot be taken back.
          </p>
        </>
      ) : (
        <>
          <label class="check-field">
            <input type="checkbox" checked={hasRead} onChange={(event) => setRead(event.currentTarget.checked)} />
            <span>I have read the terms, and know what others will see.</span>
          </label>
          <div class="row">
            <Button onClick={() => decide("accept")} disabled={!hasRead || !termsHash}>
              Accept for my devices
            </Button>
          </div>
        </>
      )}
      {deciding.dialog}
    </Card>
  );
}
