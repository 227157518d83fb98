import { useCallback, useRef, useState } from "preact/hooks";
import { read, withQuery } from "../../api/client";
import type { Paged, Round } from "../../api/shapes";
import { Card } from "../../parts/Card";
import { type Column, PagedTable } from "../../parts/PagedTable";
import { Pill, type Tone } from "../../parts/Pill";
import { formatAmount } from "../../text/amounts";
import { formatCount, formatMeasure } from "../../text/numbers";
import { formatTime } from "../../text/times";

export interface RoundsCardProps {
  symbol: string;
  decimals: number;
}

const CHANGED_BY = ["round"] as const;

/** Every round there was, the newest first. */
export function RoundsCard({ symbol, decimals }: RoundsCardProps) {
  // pages count down from the newest round of the first page, so that a new round does not shift what was read
  const newest = useRef<Promise<number> | null>(null);
  const [unit, setUnit] = useState<string | null>(null);
  const source = useCallback(async (first: number, count: number, signal: AbortSignal): Promise<Paged<Round>> => {
    if (first === 0 || newest.current === null) {
      const top = readRounds(null, count, signal);
      const known = top.then(topOf);
      newest.current = known;
      known.catch(() => {
        newest.current = null;
      });
      if (first === 0) {
        const page = await top;
        setUnit(page.unit ?? null);
        return { total: topOf(page), first, items: page.items };
      }
    }
    const total = await newest.current;
    const page = await readRounds(total + 1 - first, count, signal);
    return { total, first, items: page.items };
  }, []);
  const columns: Column<Round>[] = [
    { title: "Round", right: true, show: (row) => formatCount(row.round) },
    { title: "Status", show: (row) => <StatusPill round={row} /> },
    { title: "Error", right: true, show: (row) => formatMeasure(row.error, unit ?? "") },
    { title: "No change", right: true, wideOnly: true, show: (row) => formatMeasure(row.baseline, unit ?? "") },
    {
      title: `Minted ${symbol}`,
      right: true,
      wideOnly: true,
      show: (row) => formatAmount(row.minted, decimals, { digits: 2, isFixed: true }),
    },
    {
      title: "Took part",
      right: true,
      wideOnly: true,
      show: (row) => (row.contributors === null ? "—" : formatCount(row.contributors)),
    },
    {
      title: "Final since",
      wideOnly: true,
      show: (row) => (row.finalised_at === null ? (row.void_reason ?? "—") : formatTime(row.finalised_at)),
    },
  ];
  return (
    <Card title="Rounds" note="the newest first">
      <PagedTable
        label="Rounds, the newest first"
        columns={columns}
        source={source}
        changedBy={CHANGED_BY}
        empty="No round was opened yet."
      />
    </Card>
  );
}

interface RoundsPage {
  readonly total?: number;
  readonly items: readonly Round[];
  readonly unit?: string | null;
}

function readRounds(before: number | null, count: number, signal: AbortSignal): Promise<RoundsPage> {
  return read<RoundsPage>(withQuery("/rounds", { before, count }), signal);
}

function topOf(page: RoundsPage): number {
  return page.total ?? page.items[0]?.round ?? 0;
}

export function StatusPill({ round }: { round: Round }) {
  return <Pill tone={toneOf(round.status)}>{round.status}</Pill>;
}

function toneOf(status: string): Tone {
  if (status === "finalised") return "good";
  if (status === "void" || status === "challenged") return "bad";
  return "warn";
}
