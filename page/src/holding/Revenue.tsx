// What the model took in: a holder's part of each epoch, and what burning tokens pays.
import { useEffect, useState } from "preact/hooks";
import type { Account, Token } from "../api/shapes";
import { modelToken, revenueVault } from "../chain/abi";
import { callOf } from "../chain/call";
import { readContract } from "../chain/read";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Field } from "../parts/Field";
import { Nothing } from "../parts/Notice";
import { isSameAddress, NOBODY } from "../text/addresses";
import { exactDecimal, formatAmount, parseAmount } from "../text/amounts";
import { useTransaction } from "../wallet/useTransaction";
import type { HoldingProps } from "./Earned";

export function Revenue({ account, network, again }: HoldingProps) {
  const claiming = useTransaction();
  const { RevenueVault } = network.contracts;
  const due = account.revenue.filter((part) => BigInt(part.claimable) > 0n);
  const claim = (token: Token, amount: string, epochs: readonly number[]) => {
    if (!RevenueVault) return;
    const does = `Claim ${formatAmount(amount, token.decimals, { symbol: token.symbol, digits: 6 })} of revenue`;
    const args = [token.address, [...epochs].sort((a, b) => a - b).map(BigInt)] as const;
    const call = callOf(RevenueVault, revenueVault, "claim", args, { contract: "RevenueVault", does });
    claiming.start({ title: "Claim revenue", calls: [call], after: again });
  };
  return (
    <Card title="Revenue" note="by what you held when each epoch ended">
      {due.length === 0 ? (
        <Nothing>Nothing to fetch now. What comes in during an epoch can be fetched once it is over.</Nothing>
      ) : (
        <ul class="plain-list">
          {due.map(({ token, claimable, epochs }) => (
            <li key={token.address} class="row spread">
              <span>
                <strong>{formatAmount(claimable, token.decimals, { symbol: token.symbol, digits: 6 })}</strong>{" "}
                <span class="quiet">of {epochs.length === 1 ? "one epoch" : `${epochs.length} epochs`}</span>
              </span>
              <Button small onClick={() => claim(token, claimable, epochs)}>
                Claim {token.symbol}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {account.redeemable.length > 0 && <Redeem account={account} network={network} again={again} />}
      {claiming.dialog}
    </Card>
  );
}

function Redeem({ account, network, again }: HoldingProps) {
  const [text, setText] = useState("");
  const burning = useTransaction();
  const { symbol, decimals } = account;
  const { ModelToken } = network.contracts;
  const parsed = text.trim() === "" ? null : parseAmount(text, decimals, navigator.language);
  const amount = parsed !== null && "amount" in parsed ? parsed.amount : null;
  const isTooMuch = amount !== null && amount > BigInt(account.balance);
  const wrong = parsed !== null && "wrong" in parsed ? parsed.wrong : isTooMuch ? "More than you hold." : null;
  const paid = useRedeemed(account, ModelToken ?? null, isTooMuch ? null : amount);
  const burn = (event: Event) => {
    event.preventDefault();
    if (!ModelToken || amount === null || amount === 0n || wrong) return;
    const tokens = account.redeemable
      .map((part) => part.token.address)
      .sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    const does = `Burn ${formatAmount(amount, decimals, { symbol })} for ever, for ${paid || "its part"}`;
    const call = callOf(ModelToken, modelToken, "burnAndRedeem", [amount, tokens], { contract: "ModelToken", does });
    burning.start({ title: "Redeem by burning", calls: [call], after: again });
  };
  return (
    <form class="stack" onSubmit={burn}>
      <h3>Redeem by burning</h3>
      <Field
        label={`Burn ${symbol}`}
        value={text}
        change={setText}
        unit={symbol}
        inputMode="decimal"
        error={wrong}
        hint={
          paid
            ? `Pays ${paid}.`
            : "Your part of what is set aside for this. Burnt tokens are gone for ever, with their votes."
        }
      />
      <div class="row">
        <Button kind="plain" type="submit" disabled={!amount || wrong !== null}>
          Burn and redeem
        </Button>
        <Button kind="plain" small onClick={() => setText(localText(account))}>
          All I hold
        </Button>
      </div>
      {burning.dialog}
    </form>
  );
}

/** What burning `amount` pays now, asked of the contract, in words. */
function useRedeemed(account: Account, token: `0x${string}` | null, amount: bigint | null): string {
  const [words, setWords] = useState("");
  useEffect(() => {
    let isLeft = false;
    setWords("");
    if (token === null || amount === null || amount === 0n) return;
    const parts = account.redeemable.map(async ({ token: paid }) => {
      const units = isSameAddress(paid.address, NOBODY)
        ? await readContract(token, modelToken, "redeemableOnBurn", [amount])
        : await readContract(token, modelToken, "redeemableERC20OnBurn", [amount, paid.address]);
      return formatAmount(units, paid.decimals, { symbol: paid.symbol, digits: 6 });
    });
    Promise.all(parts).then(
      (found) => !isLeft && setWords(found.join(" and ")),
      () => undefined,
    );
    return () => {
      isLeft = true;
    };
  }, [account, token, amount]);
  return words;
}

function localText(account: Account): string {
  const exact = exactDecimal(account.balance, account.decimals);
  const style = { maximumFractionDigits: 18, useGrouping: false };
  return new Intl.NumberFormat(navigator.language, style).format(exact as Intl.StringNumericLiteral);
}
