// What an account has earned by its data or its work, and fetching it.
import type { Account, Network } from "../api/shapes";
import { rewardPool } from "../chain/abi";
import { callOf } from "../chain/call";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Notice } from "../parts/Notice";
import { Stat, Stats } from "../parts/Stat";
import { formatAmount } from "../text/amounts";
import { useTransaction } from "../wallet/useTransaction";

export interface HoldingProps {
  account: Account;
  network: Network;
  /** Reads the account again. */
  again: () => void;
}

/** A figure is read at a glance; the button says the amount exactly enough. */
const SHORT = { digits: 2 };

export function Earned({ account, network, again }: HoldingProps) {
  const claiming = useTransaction();
  const { symbol, decimals } = account;
  const shown = (amount: string) => formatAmount(amount, decimals, { symbol });
  const { RewardPool } = network.contracts;
  const due = BigInt(account.claimable ?? "0");
  const ofOperator = BigInt(account.operator_claimable);
  const claim = () => {
    const { claim: proven } = account;
    if (!RewardPool || !proven) return;
    const args = [account.account, BigInt(proven.cumulative), BigInt(proven.running_sum), proven.proof] as const;
    const does = `Claim ${shown(due.toString())}`;
    const call = callOf(RewardPool, rewardPool, "claim", args, { contract: "RewardPool", does });
    claiming.start({ title: "Claim what you earned", calls: [call], after: again });
  };
  const claimOperator = () => {
    if (!RewardPool) return;
    const told = { contract: "RewardPool", does: `Claim ${shown(ofOperator.toString())} as an operator` };
    const call = callOf(RewardPool, rewardPool, "claimOperator", [account.account], told);
    claiming.start({ title: "Claim an operator's part", calls: [call], after: again });
  };
  return (
    <Card title="Earned" note="by what your data was worth, round by round">
      <Stats>
        <Stat
          label="To claim"
          value={account.claimable === null ? "—" : formatAmount(due, decimals, SHORT)}
          unit={symbol}
          marked
        />
        <Stat
          label="Earned in all rounds"
          value={account.earned === null ? "—" : formatAmount(account.earned, decimals, SHORT)}
          unit={symbol}
        />
        <Stat label="You hold" value={formatAmount(account.balance, decimals, SHORT)} unit={symbol} />
      </Stats>
      {account.earned === null && (
        <Notice tone="warn">
          This gateway's store does not hold the newest state of earnings, so it cannot make your proof. Nothing is
          lost: another gateway can, and so can <code>andel claim</code>.
        </Notice>
      )}
      <div class="row">
        <Button onClick={claim} disabled={due === 0n || account.claim === null}>
          {due > 0n ? `Claim ${shown(due.toString())}` : "Nothing to claim"}
        </Button>
        {ofOperator > 0n && (
          <Button kind="plain" onClick={claimOperator}>
            Claim {shown(ofOperator.toString())} as an operator
          </Button>
        )}
      </div>
      <p class="quiet">What you earned stays yours; it does not run out, and later rounds add to the same claim.</p>
      {claiming.dialog}
    </Card>
  );
}
