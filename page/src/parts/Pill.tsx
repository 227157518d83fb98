import type { ComponentChildren } from "preact";

export type Tone = "plain" | "good" | "warn" | "bad";

export function Pill({ tone = "plain", children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`pill ${tone}`}>{children}</span>;
}
