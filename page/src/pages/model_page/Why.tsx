import { useEffect, useState } from "preact/hooks";
import { withQuery } from "../../api/client";
import { useResource } from "../../api/resource";
import type { ShareReason } from "../../api/shapes";
import { Address } from "../../parts/Address";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { FailedNotice } from "../../parts/Notice";
import { Progress } from "../../parts/Progress";
import { Facts } from "../../parts/Stat";
import { formatAmount } from "../../text/amounts";
import { formatCount } from "../../text/numbers";

const AGAIN_MS = 3_000;

export interface WhyDialogProps {
  account: string;
  token: { symbol: string; decimals: number };
  close: () => void;
}

/** Why an account earned what it earned in a round, in the words of `andel value explain`; round by round. */
export function WhyDialog({ account, token, close }: WhyDialogProps) {
  const [round, setRound] = useState<number | null>(null);
  const reason = useResource<ShareReason>(withQuery(`/shares/${account}`, { round }));
  const isPending = reason.value?.pending === true;
  const shown = isPending ? null : reason.value;
  useEffect(() => {
    if (!isPending) return;
    const later = setTimeout(reason.again, AGAIN_MS);
    return () => clearTimeout(later);
  }, [isPending, reason.value, reason.again]);
  const at = round ?? shown?.round ?? null;
  return (
    <Dialog title={at === null ? "Why it earned that" : `Why, in round ${formatCount(at)}`} isOpen close={close}>
      <p>
        <Address value={account} />
      </p>
      <div class="stack" aria-live="polite">
        {(reason.isLoading || isPending) && !shown && (
          <>
            <p class="quiet">Settling the round again from its evidence. That may take some seconds.</p>
            <Progress part={null} label="Settling the round again" />
          </>
        )}
        {!shown && reason.trouble && (
          <FailedNotice trouble={reason.trouble} what="The reason for this round" again={reason.again} />
        )}
        {shown && <Told reason={shown} token={token} />}
      </div>
      {at !== null && (
        <div class="why-step">
          <Button kind="plain" small disabled={at <= 1} onClick={() => setRound(at - 1)}>
            Round before
          </Button>
          <Button kind="plain" small disabled={round === null} onClick={() => setRound(null)}>
            Newest
          </Button>
        </div>
      )}
    </Dialog>
  );
}

function Told({ reason, token }: { reason: ShareReason; token: WhyDialogProps["token"] }) {
  return (
    <>
      <p class="skill-words">
        {formatAmount(reason.earned_in_round ?? "0", token.decimals, { symbol: token.symbol })} in this round
      </p>
      <ul>
        {reason.sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {reason.facts.length > 0 && (
        <details>
          <summary>All figures</summary>
          <div class="why-facts">
            <Facts facts={reason.facts.map((fact) => [fact.name.replaceAll("_", " "), fact.value] as const)} />
          </div>
        </details>
      )}
    </>
  );
}
