// What asking costs and who may, with what a reader can do about it: sign in, buy a pass, or pay by the call.
import { useState } from "preact/hooks";
import { encodeFunctionData, stringToHex } from "viem";
import { head } from "../api/live";
import { useResource } from "../api/resource";
import type { Account, Network } from "../api/shapes";
import { accessPass, erc20 } from "../chain/abi";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Notice } from "../parts/Notice";
import { useStore } from "../state";
import { isSameAddress, NOBODY } from "../text/addresses";
import { formatAmount } from "../text/amounts";
import { formatPeriod, formatTime } from "../text/times";
import { connection, isChoosing } from "../wallet/connection";
import type { Call } from "../wallet/transaction";
import { useTransaction } from "../wallet/useTransaction";
import { costOf, type DescribedModel, type DescribedPrice } from "./model_form";
import { useToken } from "./PaidLine";
import { proof, proveAccount } from "./sign_in";
import { troubleOf } from "./use_ask";

export function Terms({ model, network }: { model: DescribedModel; network: Network }) {
  const cost = costOf(model);
  const passes = cost.kind === "paid" ? cost.passes : [];
  return (
    <Card title="What it costs">
      {cost.kind === "free" && <p>Nothing: everybody may ask.</p>}
      {cost.kind === "holders" && <p>Nothing, for whoever holds this model's token: prove that your account does.</p>}
      {cost.kind === "paid" && cost.perCall && <PerCall price={cost.perCall} network={network} />}
      {passes.map((plan) => (
        <Pass key={plan.route} plan={plan} model={model} network={network} />
      ))}
      {(cost.kind === "holders" || passes.length > 0) && <SignIn model={model} network={network} />}
    </Card>
  );
}

/** The same in a few words, beside the button that asks. */
export function CostLine({ model, network }: { model: DescribedModel; network: Network }) {
  const cost = costOf(model);
  const price = cost.kind === "paid" ? cost.perCall : null;
  const token = useToken(price?.token ?? null, network);
  if (cost.kind === "free") return <>Costs nothing.</>;
  if (cost.kind === "holders") return <>Free for whoever holds the token.</>;
  if (price === null) return <>Needs a pass.</>;
  const style = { symbol: token?.symbol ?? "", digits: 6 };
  return (
    <>
      {token
        ? `Costs ${formatAmount(price.amount, token.decimals, style)}; you see it again before you pay.`
        : "Costs something."}
    </>
  );
}

function PerCall({ price, network }: { price: DescribedPrice; network: Network }) {
  const token = useToken(price.token, network);
  return (
    <p>
      <strong>
        {token ? formatAmount(price.amount, token.decimals, { symbol: token.symbol, digits: 6 }) : "A price"}
      </strong>{" "}
      a question. You sign a transfer of exactly that; the gateway brings it to the chain and pays the fee, so you need
      no {network.chain.coin.symbol}. One payment is for one answer, and is never taken twice.
    </p>
  );
}

function Pass({ plan, model, network }: { plan: DescribedPrice; model: DescribedModel; network: Network }) {
  const token = useToken(plan.token, network);
  const buying = useTransaction();
  const { AccessPass } = network.contracts;
  const passes = model.terms?.passes ?? AccessPass ?? null;
  const price = token ? formatAmount(plan.amount, token.decimals, { symbol: token.symbol, digits: 6 }) : "…";
  const buy = () => {
    const now = connection.get();
    if (!now) return isChoosing.set(true);
    if (passes === null || model.terms === undefined) return;
    const amount = BigInt(plan.amount);
    const isCoin = isSameAddress(plan.token, NOBODY);
    const order = {
      model: model.model,
      plan: stringToHex(plan.route, { size: 32 }),
      holder: now.account,
      termsHash: model.terms.licence_hash,
      token: plan.token,
      most: amount,
    };
    const calls: Call[] = [];
    if (!isCoin)
      calls.push({
        to: plan.token,
        data: encodeFunctionData({ abi: erc20, functionName: "approve", args: [passes, amount] }),
        contract: "AuthorizedToken",
        does: `Allow the pass to cost ${price}`,
      });
    calls.push({
      to: passes,
      data: encodeFunctionData({ abi: accessPass, functionName: "buy", args: [order] }),
      ...(isCoin ? { value: amount } : {}),
      contract: "AccessPass",
      does: `Buy “${plan.route}” for ${price}`,
    });
    buying.start({ title: `Buy a pass: ${plan.route}`, calls });
  };
  return (
    <div class="row spread">
      <p>
        Pass <strong>{plan.route}</strong>: {price} for {formatPeriod(plan.period)}
        {plan.rate_per_day > 0 && `, ${plan.rate_per_day} questions a day`}
      </p>
      <Button kind="plain" small onClick={buy} disabled={passes === null}>
        Buy
      </Button>
      {buying.dialog}
    </div>
  );
}

function SignIn({ model, network }: { model: DescribedModel; network: Network }) {
  const now = useStore(connection);
  const made = useStore(proof);
  const time = useStore(head)?.time ?? network.chain.time;
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const account = useResource<Account>(now ? `/account/${now.account}` : null, ["block"]).value;
  const sign = async () => {
    if (!now) return isChoosing.set(true);
    setBusy(true);
    setTrouble(null);
    try {
      await proveAccount(now, network, model);
    } catch (error) {
      setTrouble(troubleOf(error));
    }
    setBusy(false);
  };
  if (made !== null && made.account === now?.account && time < made.until)
    return (
      <p>
        You ask as your account until {formatTime(made.until)}. That is kept in this page alone, and gone on a reload.
      </p>
    );
  return (
    <>
      {account?.pass && (
        <p class="quiet">
          Your pass “{account.pass.plan}” {account.pass.expiry > time ? "counts until" : "ended at"}{" "}
          {formatTime(account.pass.expiry)}.
        </p>
      )}
      {trouble && <Notice tone="warn">{trouble}</Notice>}
      <Button kind="plain" onClick={sign} disabled={isBusy}>
        {now ? "Prove your account" : "Connect a wallet to ask as your account"}
      </Button>
    </>
  );
}
