// A table of any length: only the rows in sight are drawn, and only their pages are read from the gateway. The rows are
// of one height, so that a place in the list is a place on the screen.
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type EventName, onEvent, onReturn } from "../api/live";
import type { Paged } from "../api/shapes";
import { Bones } from "./Bones";
import { FailedNotice, Nothing } from "./Notice";
import { rowsInSight } from "./rows";

export interface Column<Row> {
  readonly title: string;
  readonly show: (row: Row, index: number) => ComponentChildren;
  /** Set to the right, with figures of one width. */
  readonly right?: boolean;
  /** Left out below 640 px. */
  readonly wideOnly?: boolean;
}

export interface PagedTableProps<Row> {
  /** What the table holds, for its name: "Shares by contributor". */
  label: string;
  columns: readonly Column<Row>[];
  /** One page of rows. The same function as long as it means the same list. */
  source: (first: number, count: number, signal: AbortSignal) => Promise<Paged<Row>>;
  changedBy?: readonly EventName[];
  empty: string;
  height?: string;
}

const PAGE = 50;
const ROW_PX = 44;
const SETTLED_MS = 80;

/** What one look at a list has asked for. */
interface Reading {
  readonly source: unknown;
  readonly turn: number;
  readonly pages: Set<number>;
  readonly leaving: AbortController;
}

interface Held<Row> {
  readonly total: number | null;
  readonly note: string | null;
  readonly pages: ReadonlyMap<number, readonly Row[]>;
  readonly trouble: unknown;
}

export function PagedTable<Row>(props: PagedTableProps<Row>) {
  const { label, columns, source, empty, height } = props;
  const frame = useRef<HTMLElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 500 });
  const [held, setHeld] = useState<Held<Row>>({ total: null, note: null, pages: new Map(), trouble: null });
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  useChanges(props.changedBy ?? [], again);

  const total = held.total ?? PAGE;
  const { start, end } = rowsInSight(sight.top, sight.height, ROW_PX, total);
  const firstPage = Math.floor(start / PAGE);
  const lastPage = Math.floor(Math.max(start, end - 1) / PAGE);

  // another list or a change: what is in sight is read again, the rest when it comes in sight
  const reading = useRef<Reading | null>(null);
  useEffect(() => {
    if (reading.current?.source !== source || reading.current.turn !== turn) {
      reading.current?.leaving.abort();
      reading.current = { source, turn, pages: new Set(), leaving: new AbortController() };
    }
    const mine = reading.current;
    const readPage = (page: number) => {
      mine.pages.add(page);
      source(page * PAGE, PAGE, mine.leaving.signal).then(
        (answer) => {
          if (reading.current !== mine) return;
          setHeld((before) => ({
            total: answer.total ?? 0,
            note: answer.note ?? null,
            trouble: null,
            pages: new Map([...(before.total === null ? [] : before.pages), [page, answer.items]]),
          }));
        },
        (trouble) => {
          mine.pages.delete(page);
          if (reading.current === mine) setHeld((before) => ({ ...before, trouble }));
        },
      );
    };
    // while somebody scrolls fast, pages that fly by are not read
    const later = setTimeout(
      () => {
        for (let page = firstPage; page <= lastPage; page++) if (!mine.pages.has(page)) readPage(page);
      },
      held.total === null ? 0 : SETTLED_MS,
    );
    return () => clearTimeout(later);
  }, [source, turn, firstPage, lastPage]);
  useEffect(() => () => reading.current?.leaving.abort(), []);

  useEffect(() => {
    const box = frame.current;
    if (!box) return;
    const look = () => setSight({ top: box.scrollTop, height: box.clientHeight });
    const watcher = new ResizeObserver(look);
    watcher.observe(box);
    box.addEventListener("scroll", look, { passive: true });
    return () => {
      watcher.disconnect();
      box.removeEventListener("scroll", look);
    };
  }, [held.total === null || held.total === 0]);

  if (held.trouble && held.total === null) return <FailedNotice trouble={held.trouble} what={label} again={again} />;
  if (held.total === null) return <Bones lines={5} label={`${label}: loading`} />;
  if (held.total === 0) return <Nothing>{held.note ? `Not known: ${held.note}.` : empty}</Nothing>;
  const shown = Array.from({ length: end - start }, (_, offset) => start + offset);
  return (
    // what scrolls must be reached by the keyboard
    <section
      class="table-frame"
      ref={frame}
      tabIndex={0}
      aria-label={label}
      style={height ? { maxHeight: height } : undefined}
    >
      <table class="table" aria-rowcount={total + 1}>
        <caption class="heard">{label}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer rows={start} columns={columns.length} />
          {shown.map((index) => (
            <tr key={index} aria-rowindex={index + 2}>
              <Cells columns={columns} row={held.pages.get(Math.floor(index / PAGE))?.[index % PAGE]} index={index} />
            </tr>
          ))}
          <Spacer rows={total - end} columns={columns.length} />
        </tbody>
      </table>
    </section>
  );
}

function Cells<Row>({ columns, row, index }: { columns: readonly Column<Row>[]; row: Row | undefined; index: number }) {
  return (
    <>
      {columns.map((column) => (
        <td key={column.title} class={classOf(column)}>
          {row === undefined ? <span class="waiting">…</span> : column.show(row, index)}
        </td>
      ))}
    </>
  );
}

function Spacer({ rows, columns }: { rows: number; columns: number }) {
  if (rows <= 0) return null;
  return (
    <tr class="spacer">
      <td colSpan={columns} style={{ height: `${rows * ROW_PX}px` }} />
    </tr>
  );
}

function classOf<Row>(column: Column<Row>): string {
  return `${column.right ? "right" : ""} ${column.wideOnly ? "wide-only" : ""}`.trim();
}

function useChanges(names: readonly EventName[], changed: () => void): void {
  const joined = names.join();
  useEffect(() => {
    let later: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      later ??= setTimeout(() => {
        later = undefined;
        changed();
      }, 1_000);
    };
    const ends = (joined ? (joined.split(",") as EventName[]) : []).map((name) => onEvent(name, soon));
    ends.push(onReturn(soon));
    return () => {
      clearTimeout(later);
      for (const end of ends) end();
    };
  }, [joined, changed]);
}
