// A resource as a hook: read once, read again when an event says that it changed, kept while it is read again.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { createStore, useStore } from "../state";
import { ApiError, read } from "./client";
import { type EventName, onEvent, onReturn } from "./live";
import type { Network } from "./shapes";

export interface Resource<T> {
  /** What was read last, also while it is read again or when that fails. */
  readonly value: T | null;
  readonly trouble: ApiError | null;
  readonly isLoading: boolean;
  readonly again: () => void;
}

const LEAST_BETWEEN_MS = 1_000;
const RETRY_MS = 4_000;

/** The resource at `path` (null: none yet), read again at the events named. */
export function useResource<T>(path: string | null, changedBy: readonly EventName[] = []): Resource<T> {
  const [shown, setShown] = useState<{ path: string | null; value: T | null; trouble: ApiError | null; done: boolean }>(
    { path, value: null, trouble: null, done: path === null },
  );
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  const names = changedBy.join();

  useEffect(() => {
    if (path === null) return;
    const leaving = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    setShown((before) => (before.path === path ? before : { path, value: null, trouble: null, done: false }));
    read<T>(path, leaving.signal).then(
      (value) => setShown({ path, value, trouble: null, done: true }),
      (error) => {
        if (leaving.signal.aborted) return;
        const trouble = error instanceof ApiError ? error : new ApiError(0, String(error), null);
        setShown((before) => ({ path, value: before.path === path ? before.value : null, trouble, done: true }));
        if (trouble.status === 0 || trouble.status >= 500) retry = setTimeout(again, RETRY_MS);
      },
    );
    return () => {
      leaving.abort();
      clearTimeout(retry);
    };
  }, [path, turn, again]);

  const last = useRef(0);
  useEffect(() => {
    if (path === null) return;
    let later: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      if (later) return;
      later = setTimeout(
        () => {
          later = undefined;
          last.current = Date.now();
          again();
        },
        Math.max(0, last.current + LEAST_BETWEEN_MS - Date.now()),
      );
    };
    const ends = (names ? (names.split(",") as EventName[]) : []).map((name) => onEvent(name, soon));
    ends.push(onReturn(soon));
    return () => {
      clearTimeout(later);
      for (const end of ends) end();
    };
  }, [path, names, again]);

  const isOwn = shown.path === path;
  return {
    value: isOwn ? shown.value : null,
    trouble: isOwn ? shown.trouble : null,
    isLoading: path !== null && !(isOwn && shown.done),
    again,
  };
}

const WHILE_MS = 3_000;
const WHILE_TIMES = 10;

/** Reads again every few seconds while `isUnfinished`: the gateway computes some figures in the background. */
export function useAgainWhile<T>(resource: Resource<T>, isUnfinished: (value: T) => boolean): void {
  const times = useRef(0);
  const { value, again } = resource;
  const goesOn = value !== null && isUnfinished(value);
  useEffect(() => {
    if (!goesOn) {
      times.current = 0;
      return;
    }
    const timer = setInterval(() => {
      // what is never published would be asked for without end; the next round asks anyhow
      if (++times.current > WHILE_TIMES) clearInterval(timer);
      else again();
    }, WHILE_MS);
    return () => clearInterval(timer);
  }, [goesOn, again]);
}

const network = createStore<Omit<Resource<Network>, "again">>({ value: null, trouble: null, isLoading: true });

/** Reads what every page needs, and again whenever the gateway has been away. */
export async function readNetwork(): Promise<void> {
  try {
    network.set({ value: await read<Network>("/network"), trouble: null, isLoading: false });
  } catch (error) {
    const trouble = error instanceof ApiError ? error : new ApiError(0, String(error), null);
    network.set({ value: network.get().value, trouble, isLoading: false });
    setTimeout(readNetwork, RETRY_MS);
  }
}

onReturn(() => void readNetwork());

/** The chain, the gateway and the served model's contracts; read once for the whole page. */
export function useNetwork(): Resource<Network> {
  return { ...useStore(network), again: readNetwork };
}
