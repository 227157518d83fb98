import type { ComponentChildren } from "preact";
import { formatShare } from "../text/amounts";

export interface SharePart {
  readonly who: string;
  readonly ppm: number;
  readonly value?: ComponentChildren;
}

const TONES = 6;

/** Who has how much of a whole: a bar, and the same in words. What the parts leave stays empty. */
export function SharesBar({ parts, rest }: { parts: readonly SharePart[]; rest?: string }) {
  const left = 1_000_000 - parts.reduce((sum, part) => sum + part.ppm, 0);
  return (
    <div class="stack">
      <div class="shares-bar" aria-hidden="true">
        {parts.map((part, index) => (
          <span key={part.who} class={`tone-${index % TONES}`} style={{ width: `${part.ppm / 10_000}%` }} />
        ))}
      </div>
      <ul class="legend">
        {parts.map((part, index) => (
          <li key={part.who}>
            <span class={`key tone-${index % TONES}`} aria-hidden="true" />
            <span>{part.who}</span>
            <span class="value">
              {part.value && <span class="quiet">{part.value} · </span>}
              {formatShare(part.ppm)}
            </span>
          </li>
        ))}
        {rest && left > 0 && (
          <li>
            <span class="key empty" aria-hidden="true" />
            <span>{rest}</span>
            <span class="value">{formatShare(left)}</span>
          </li>
        )}
      </ul>
    </div>
  );
}
