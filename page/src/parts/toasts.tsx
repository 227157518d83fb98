// Short words that come and go, and the live region in which a screen reader hears them.
import { createStore, useStore } from "../state";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "plain" | "bad";
}

const toasts = createStore<readonly Toast[]>([]);
const spoken = createStore("");
let count = 0;
const SHOWN_MS = 7_000;

/** Shows `text` for some seconds, and has it read out. */
export function toast(text: string, tone: Toast["tone"] = "plain"): void {
  const id = ++count;
  toasts.set([...toasts.get().slice(-3), { id, text, tone }]);
  announce(text);
  setTimeout(() => toasts.set(toasts.get().filter((shown) => shown.id !== id)), SHOWN_MS);
}

/** Has `text` read out without showing it. */
export function announce(text: string): void {
  // the same words twice are heard only if the region changes in between
  spoken.set("");
  setTimeout(() => spoken.set(text), 50);
}

export function Toasts() {
  const shown = useStore(toasts);
  const words = useStore(spoken);
  return (
    <>
      <p class="heard" role="status" aria-live="polite" data-live>
        {words}
      </p>
      <ul class="toasts" aria-hidden="true">
        {shown.map((one) => (
          <li key={one.id} class={`toast ${one.tone}`}>
            {one.text}
          </li>
        ))}
      </ul>
    </>
  );
}
