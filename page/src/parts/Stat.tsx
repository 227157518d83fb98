import type { ComponentChildren } from "preact";

export interface StatProps {
  label: string;
  value: ComponentChildren;
  unit?: string;
  note?: ComponentChildren;
  marked?: boolean;
}

/** One figure with its name; stands in `Stats`. */
export function Stat({ label, value, unit, note, marked }: StatProps) {
  return (
    <div class={`stat${marked ? " marked" : ""}`}>
      <dt>{label}</dt>
      <dd class="stat-value">
        {value}
        {unit && <span class="stat-unit"> {unit}</span>}
      </dd>
      {note && <dd class="stat-note">{note}</dd>}
    </div>
  );
}

export function Stats({ children }: { children: ComponentChildren }) {
  return <dl class="stats">{children}</dl>;
}

/** Names and values in two columns. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}
