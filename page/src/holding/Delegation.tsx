// Who votes with an account's tokens. Without a delegation they count for nobody.
import { useState } from "preact/hooks";
import { getAddress } from "viem";
import { modelToken } from "../chain/abi";
import { callOf } from "../chain/call";
import { Address } from "../parts/Address";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Field } from "../parts/Field";
import { Notice } from "../parts/Notice";
import { Stat, Stats } from "../parts/Stat";
import { isAddress, isSameAddress, NOBODY } from "../text/addresses";
import { formatAmount, formatShare, shareOf } from "../text/amounts";
import { useTransaction } from "../wallet/useTransaction";
import type { HoldingProps } from "./Earned";

export function Delegation({ account, network, again }: HoldingProps) {
  const [other, setOther] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const delegating = useTransaction();
  const { symbol, decimals } = account;
  const { ModelToken } = network.contracts;
  const own = isSameAddress(account.delegate, account.account);
  const nobody = account.delegate === null || isSameAddress(account.delegate, NOBODY);
  const give = (to: `0x${string}`, who: string) => {
    if (!ModelToken) return;
    const does = `Give the votes of your ${formatAmount(account.balance, decimals, { symbol })} to ${who}`;
    const call = callOf(ModelToken, modelToken, "delegate", [to], { contract: "ModelToken", does });
    delegating.start({ title: "Delegate your votes", calls: [call], after: again });
  };
  const giveOther = (event: Event) => {
    event.preventDefault();
    const text = other.trim();
    if (!isAddress(text) || isSameAddress(text, NOBODY)) return setWrong("An account's address: 0x and 40 digits.");
    setWrong(null);
    give(getAddress(text.toLowerCase()), text);
  };
  return (
    <Card title="Votes">
      <Stats>
        <Stat
          label="Your votes now"
          value={formatAmount(account.votes, decimals)}
          note={
            account.held_supply !== "0" &&
            `${formatShare(shareOf(account.votes, account.held_supply))} of all that counts`
          }
        />
        <Stat
          label="Who votes with your tokens"
          value={nobody ? "Nobody" : own ? "You" : <Address value={account.delegate ?? ""} />}
        />
      </Stats>
      {account.set_aside && <Notice>What this account holds has no votes: it is set aside.</Notice>}
      {nobody && account.balance !== "0" && (
        <Notice tone="warn">
          Your tokens count in no vote until you give their votes to somebody, yourself for instance.
        </Notice>
      )}
      <form class="stack" onSubmit={giveOther}>
        <div class="row">
          <Button onClick={() => give(account.account, "yourself")} disabled={own}>
            {own ? "You vote yourself" : "Vote yourself"}
          </Button>
        </div>
        <Field
          label="Or give your votes to"
          value={other}
          change={setOther}
          error={wrong}
          hint="The tokens stay yours, and you can take the votes back. They count in votes that begin later."
        />
        <div class="row">
          <Button kind="plain" type="submit" disabled={other.trim() === ""}>
            Delegate
          </Button>
        </div>
      </form>
      {delegating.dialog}
    </Card>
  );
}
