// Findings, one a line: what holds, what does not, what cannot be told.
import type { ComponentChildren } from "preact";

export type Mark = "pass" | "fail" | "open" | "busy";

const WORDS: Readonly<Record<Mark, string>> = { pass: "Holds", fail: "Fails", open: "Not known", busy: "Under way" };
const SIGNS: Readonly<Record<Mark, string>> = {
  pass: "M5 12.5 10 17.5 19.5 7",
  fail: "M6 6l12 12M18 6 6 18",
  open: "M6 12h12",
  busy: "M12 6v6l4 2",
};

/** A list of findings; new ones come at its end. */
export function Marks({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <ul class="marks" aria-label={label}>
      {children}
    </ul>
  );
}

export interface MarkLineProps {
  mark: Mark;
  name: string;
  children?: ComponentChildren;
}

export function MarkLine({ mark, name, children }: MarkLineProps) {
  return (
    <li class={`mark-line ${mark}`} data-mark={mark}>
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
        <path d={SIGNS[mark]} />
      </svg>
      <div>
        <strong>
          <span class="heard">{WORDS[mark]}: </span>
          {name}
        </strong>
        {children && <div class="mark-detail">{children}</div>}
      </div>
    </li>
  );
}

/** The mark of something that holds, does not, or cannot be told (null). */
export function markOf(holds: boolean | null): Mark {
  return holds === null ? "open" : holds ? "pass" : "fail";
}
