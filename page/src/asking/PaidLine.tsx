// What the answer cost, told beside it.
import { useEffect, useState } from "preact/hooks";
import type { Network, Token } from "../api/shapes";
import { tokenAt } from "../chain/read";
import { Address } from "../parts/Address";
import { MarkLine } from "../parts/Marks";
import { formatAmount } from "../text/amounts";
import { formatCount } from "../text/numbers";
import type { Answered } from "./use_ask";

export function PaidLine({ answered, network }: { answered: Answered; network: Network }) {
  const { payment, transaction, left } = answered;
  const token = useToken(payment?.demand.asset ?? null, network);
  if (payment === null)
    return (
      <MarkLine mark="pass" name="Cost">
        Nothing{left === null ? "" : `; ${formatCount(Number(left))} questions are left today`}.
      </MarkLine>
    );
  const { amount, payTo } = payment.demand;
  return (
    <MarkLine mark="pass" name="Cost">
      {token ? formatAmount(amount, token.decimals, { symbol: token.symbol, digits: 6 }) : `${amount} units`}, paid to{" "}
      <Address value={payTo} />
      {transaction && (
        <>
          {" "}
          in <Address value={transaction} />
        </>
      )}
    </MarkLine>
  );
}

/** A payment token's symbol and decimals, once the chain has told them. */
export function useToken(address: `0x${string}` | null, network: Network): Token | null {
  const [token, setToken] = useState<Token | null>(null);
  useEffect(() => {
    let isLeft = false;
    setToken(null);
    if (address !== null)
      tokenAt(address, network)
        .then((found) => !isLeft && setToken(found))
        .catch(() => undefined);
    return () => {
      isLeft = true;
    };
  }, [address]);
  return token;
}
