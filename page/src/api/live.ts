// What happens on the chain, as it happens: one stream of server-sent events for the whole page. It comes back by itself
// after the gateway was away, and says meanwhile that it is away; after a new start of the gateway all is read again.
import { createStore } from "../state";
import { ROOT } from "./client";

export interface Events {
  hello: { instance: string; block: number; time: number };
  block: { block: number; time: number };
  round: { round: number; status: string };
  claim: { account: string; amount: string };
  answer: { id: string };
  proposal: { id: string; state: string };
  offering: { raised: string };
  version: { version: string };
}
export type EventName = keyof Events;
const NAMES: readonly EventName[] = ["hello", "block", "round", "claim", "answer", "proposal", "offering", "version"];

export type Liveness =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** The gateway answers, and has no stream to spare: it is asked from time to time. */
  | { readonly state: "polling" }
  /** `since` is this browser's clock in milliseconds. */
  | { readonly state: "away"; readonly since: number };

export const liveness = createStore<Liveness>({ state: "connecting" });
/** The last block that was told, and its time in the chain's clock. */
export const head = createStore<{ block: number; time: number } | null>(null);

type Listener<Name extends EventName> = (told: Events[Name]) => void;
const listeners = new Map<EventName, Set<Listener<never>>>();

/** Calls back at each event of that name, until what it returns is called. */
export function onEvent<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
  const set = listeners.get(name) ?? new Set();
  listeners.set(name, set);
  set.add(listener as Listener<never>);
  return () => set.delete(listener as Listener<never>);
}

/** Calls back when everything read so far may be old: after the stream was broken, or the gateway began anew. */
export function onReturn(listener: () => void): () => void {
  returned.add(listener);
  return () => returned.delete(listener);
}

/** Calls back once, when a block from `block` on is told; after a while in any case. */
export function whenHeadIs(block: number, reached: () => void): void {
  const end = () => {
    clearTimeout(later);
    unwatch();
    reached();
  };
  const later = setTimeout(end, WAIT_LONGEST_MS);
  const unwatch = head.watch((now) => now && now.block >= block && end());
  if ((head.get()?.block ?? 0) >= block) end();
}

const returned = new Set<() => void>();
const WAIT_FIRST_MS = 1_000;
const WAIT_LONGEST_MS = 15_000;
// the gateway's heartbeat is a comment every 15 s, which a browser does not show; a block is told at most once a second
let stream: EventSource | null = null;
let wait = WAIT_FIRST_MS;
let again: ReturnType<typeof setTimeout> | null = null;
let wasLive = false;

/** Opens the stream, once. */
export function startLive(): void {
  if (stream) return;
  stream = new EventSource(`${ROOT}page/events`);
  for (const name of NAMES) stream.addEventListener(name, (event) => hear(name, (event as MessageEvent<string>).data));
  stream.addEventListener("error", () => lose());
}

function hear(name: EventName, data: string): void {
  let told: unknown;
  try {
    told = JSON.parse(data);
  } catch {
    return;
  }
  if (name === "hello") {
    wait = WAIT_FIRST_MS;
    liveness.set({ state: "live" });
    if (wasLive) for (const listener of [...returned]) listener();
    wasLive = true;
  }
  if (name === "hello" || name === "block") {
    const { block, time } = told as Events["block"];
    head.set({ block, time });
  }
  for (const listener of [...(listeners.get(name) ?? [])]) (listener as (told: unknown) => void)(told);
}

/** The browser's own reconnection gives up after an HTTP error (503 while the gateway starts); ours does not. */
function lose(): void {
  stream?.close();
  stream = null;
  if (again) clearTimeout(again);
  again = setTimeout(startLive, wait + Math.random() * 500);
  wait = Math.min(wait * 2, WAIT_LONGEST_MS);
  void look();
}

/** Whether the gateway answers at all, without its stream: then what is shown is read again now. */
async function look(): Promise<void> {
  const answers = await fetch(`${ROOT}page/api/network`, { cache: "no-store" }).then(
    (answer) => answer.ok,
    () => false,
  );
  if (liveness.get().state === "live" && stream?.readyState === EventSource.OPEN) return;
  if (answers) {
    liveness.set({ state: "polling" });
    wasLive = true;
    for (const listener of [...returned]) listener();
  } else if (liveness.get().state !== "away") {
    liveness.set({ state: "away", since: Date.now() });
  }
}

addEventListener("online", () => {
  if (stream) return;
  if (again) clearTimeout(again);
  startLive();
});
addEventListener("pagehide", () => {
  stream?.close();
  stream = null;
});
addEventListener("pageshow", (event) => {
  if (event.persisted) startLive();
});
