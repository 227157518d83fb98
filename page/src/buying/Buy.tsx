// Paying into an offering. A payment binds until the end; what it buys is known then.
import { useState } from "preact/hooks";
import { encodeAbiParameters, type Hex } from "viem";
import { useResource } from "../api/resource";
import type { Account, Offering } from "../api/shapes";
import { erc20, modelOffering } from "../chain/abi";
import { callOf } from "../chain/call";
import { readContract } from "../chain/read";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { ChoiceField, Field } from "../parts/Field";
import { Notice } from "../parts/Notice";
import { useStore } from "../state";
import { isSameAddress, NOBODY, shortHex } from "../text/addresses";
import { formatAmount, parseAmount } from "../text/amounts";
import { connection, isChoosing } from "../wallet/connection";
import { messageOf } from "../wallet/provider";
import type { Call } from "../wallet/transaction";
import { useTransaction } from "../wallet/useTransaction";
import { placeIn } from "./place";
import { backFor, tokensFor } from "./standing";

export interface BuyProps {
  offering: Offering;

  again: () => void;
}

export function Buy({ offering, again }: BuyProps) {
  const now = useStore(connection);
  const [text, setText] = useState("");
  const [device, setDevice] = useState("");
  const [place, setPlace] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const buying = useTransaction();
  const member = useResource<Account>(
    now && offering.admission === "alliance" ? `/account/${now.account}` : null,
  ).value;
  const { payment, token, account } = offering;
  const money = (amount: bigint | string) =>
    formatAmount(amount, payment.decimals, { symbol: payment.symbol, digits: 6 });
  const parsed = text.trim() === "" ? null : parseAmount(text, payment.decimals, navigator.language);
  const amount = parsed !== null && "amount" in parsed ? parsed.amount : null;
  const most = account?.may_pay_more ?? null;
  const isOver = amount !== null && most !== null && amount > BigInt(most);
  const problem =
    parsed !== null && "wrong" in parsed
      ? parsed.wrong
      : isOver
        ? `At most ${money(most ?? "0")} more for this account.`
        : null;
  const own = member?.devices.filter((each) => each.admitted) ?? [];

  const submit = async (event: Event) => {
    event.preventDefault();
    if (!now) return isChoosing.set(true);
    if (amount === null || amount === 0n || problem) return;
    setWrong(null);
    try {
      const admission = admissionOf(offering, device || (own[0]?.device ?? ""), place);
      const calls = await callsFor(offering, now.account, amount, admission, money(amount));
      buying.start({ title: `Buy ${token.symbol}`, calls, after: again });
    } catch (error) {
      setWrong(messageOf(error));
    }
  };

  return (
    <Card title="Buy">
      <form class="stack" onSubmit={submit}>
        <Field
          label="Pay"
          value={text}
          change={setText}
          unit={payment.symbol}
          inputMode="decimal"
          error={problem}
          hint={
            amount && !problem
              ? forecast(amount, offering, money)
              : most === null
                ? "It binds until the end; there is no way back before."
                : `This account may pay ${money(most)} more. It binds until the end.`
          }
        />
        {offering.admission === "alliance" && own.length > 1 && (
          <ChoiceField
            label="Admitted by your device"
            value={device || (own[0]?.device ?? "")}
            change={setDevice}
            choices={own.map((each) => ({ value: each.device, label: shortHex(each.device) }))}
          />
        )}
        {offering.admission === "alliance" && now && member && own.length === 0 && (
          <Notice tone="warn">
            Only owners of an admitted device buy here. <a href="#/share">Register one</a> and accept the terms first.
          </Notice>
        )}
        {offering.admission === "list" && (
          <Field
            label="Your place on the list"
            value={place}
            change={setPlace}
            lines={3}
            hint='What the founder gave you: {"most": "…", "proof": ["0x…"]}'
          />
        )}
        {wrong && <Notice tone="bad">{wrong}</Notice>}
        <div class="row">
          <Button type="submit" disabled={now !== null && (!amount || problem !== null)}>
            {now ? (amount && !problem ? `Pay ${money(amount)}` : "Pay") : "Connect a wallet to buy"}
          </Button>
        </div>
      </form>
      {buying.dialog}
    </Card>
  );
}

function forecast(amount: bigint, offering: Offering, money: (amount: bigint) => string): string {
  const tokens = tokensFor(amount, offering);
  const back = backFor(amount, offering);
  const { symbol, decimals } = offering.token;
  const got = formatAmount(tokens, decimals, { symbol });
  return back > 0n
    ? `If it ended now: ${got}, and ${money(back)} back. The more others pay, the less of it yours buys.`
    : `If it ended now: ${got}. Should more be paid than is offered, you get less and the rest back.`;
}

/** What `buy` takes to let an account in. Throws Error in words. */
function admissionOf(offering: Offering, device: string, place: string): Hex {
  if (offering.admission === "open") return "0x";
  if (offering.admission === "alliance") {
    if (!device) throw new Error("Only owners of a device that the alliance admits buy here.");
    return encodeAbiParameters([{ type: "address" }], [device as Hex]);
  }
  const found = placeIn(place);
  if (found === null)
    throw new Error('Your place on the list is {"most": "…", "proof": ["0x…"]}, as the founder gave it.');
  return encodeAbiParameters([{ type: "uint256" }, { type: "bytes32[]" }], [found.most, found.proof]);
}

/** Allowance where it is short, then the payment; coin goes along as value. */
async function callsFor(
  offering: Offering,
  buyer: Hex,
  amount: bigint,
  admission: Hex,
  words: string,
): Promise<Call[]> {
  const { address, payment, token } = offering;
  const isCoin = isSameAddress(payment.address, NOBODY);
  const calls: Call[] = [];
  if (!isCoin) {
    const allowed = await readContract(payment.address, erc20, "allowance", [buyer, address]);
    if (allowed < amount) {
      const does = `Allow the offering to take ${words}, and no more`;
      calls.push(callOf(payment.address, erc20, "approve", [address, amount], { contract: "AuthorizedToken", does }));
    }
  }
  const told = {
    contract: "ModelOffering",
    does: `Pay ${words} for ${token.symbol}`,
    ...(isCoin ? { value: amount } : {}),
  };
  calls.push(callOf(address, modelOffering, "buy", [buyer, amount, admission], told));
  return calls;
}
