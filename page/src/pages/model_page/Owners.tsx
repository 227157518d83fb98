// Who owns the model: what the supply is made of, and each contributor with the reasons.
import { useCallback, useState } from "preact/hooks";
import { read, withQuery } from "../../api/client";
import type { Model, PartKind, ShareRow, Shares } from "../../api/shapes";
import { Address } from "../../parts/Address";
import { Card } from "../../parts/Card";
import { Nothing } from "../../parts/Notice";
import { type Column, PagedTable } from "../../parts/PagedTable";
import { SharesBar } from "../../parts/SharesBar";
import { isAddress, shortHex } from "../../text/addresses";
import { formatAmount, formatShare, shareOf } from "../../text/amounts";
import { formatCount } from "../../text/numbers";
import { capital } from "../../text/units";
import { WhyDialog } from "./Why";

const KINDS: Readonly<Record<PartKind, string>> = {
  contributors: "Contributor",
  offering: "Buyer",
  founders: "Founder",
  treasury: "Treasury",
  operators: "Operator",
};

/** Who was given what there is, and what is still to be minted. */
export function SupplyCard({ supply }: { supply: Model["supply"] }) {
  const show = (amount: string) => formatAmount(amount, supply.decimals, { symbol: supply.symbol, digits: 0 });
  const parts = supply.parts.map((part) => ({
    who: isAddress(part.who) ? `${KINDS[part.kind]} ${shortHex(part.who).replace("…", "…\u2060")}` : capital(part.who),
    ppm: shareOf(part.amount, supply.cap),
    value: show(part.amount),
  }));
  return (
    <Card title="Who owns it" note={`of ${show(supply.cap)} that can ever be minted`}>
      {parts.length === 0 && <Nothing>Nothing is minted yet.</Nothing>}
      <SharesBar parts={parts} rest="Not minted yet" />
      <p class="quiet">
        {show(supply.minted)} were ever minted. What rounds mint goes to contributors by what their data was worth, and
        to the operators that agreed.
      </p>
    </Card>
  );
}

interface Asked {
  readonly account: string;
}

/** Every contributor by what it earned, and why. */
export function ContributorsCard() {
  const [token, setToken] = useState({ symbol: "", decimals: 18 });
  const [asked, setAsked] = useState<Asked | null>(null);
  const [round, setRound] = useState<number | null>(null);
  const source = useCallback(async (first: number, count: number, signal: AbortSignal) => {
    const shares = await read<Shares>(withQuery("/shares", { first, count }), signal);
    setToken((before) =>
      before.symbol === shares.symbol ? before : { symbol: shares.symbol, decimals: shares.decimals },
    );
    setRound(shares.round);
    return shares;
  }, []);
  const show = (amount: string) => formatAmount(amount, token.decimals, { digits: 2, isFixed: true });
  const columns: Column<ShareRow>[] = [
    { title: "#", right: true, wideOnly: true, show: (_row, index) => formatCount(index + 1) },
    { title: "Contributor", show: (row) => <Address value={row.account} copies={false} /> },
    { title: `Earned ${token.symbol}`, right: true, show: (row) => show(row.earned) },
    { title: "Share", right: true, wideOnly: true, show: (row) => formatShare(row.share_ppm) },
    { title: "Claimed", right: true, wideOnly: true, show: (row) => show(row.claimed) },
    { title: "Devices", right: true, wideOnly: true, show: (row) => countOrNot(row.devices) },
    { title: "Rounds", right: true, wideOnly: true, show: (row) => countOrNot(row.rounds) },
    {
      title: "Why",
      show: (row) => (
        <button type="button" class="row-button" onClick={() => setAsked({ account: row.account })}>
          Why<span class="heard"> {row.account} earned that</span>
        </button>
      ),
    },
  ];
  return (
    <Card
      title="Contributors, and why they own what they own"
      note={round === null ? undefined : `up to round ${formatCount(round)}`}
    >
      <p class="quiet">
        A share follows what a contributor's updates did for the model, measured on rows that nobody trained on. Whoever
        asks why gets the reasons, settled again from the evidence.
      </p>
      <PagedTable
        label="Contributors by what they earned"
        columns={columns}
        source={source}
        changedBy={CHANGED_BY}
        empty="Nobody has earned anything yet. The first final round changes that."
      />
      {asked && <WhyDialog account={asked.account} token={token} close={() => setAsked(null)} />}
    </Card>
  );
}

const CHANGED_BY = ["round", "claim"] as const;

function countOrNot(count: number | null): string {
  return count === null ? "—" : formatCount(count);
}
