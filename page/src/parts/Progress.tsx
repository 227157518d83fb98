/** How far something is; `part` from 0 to 1, null where nobody knows. */
export function Progress({ part, label, text }: { part: number | null; label: string; text?: string }) {
  const percent = part === null ? null : Math.round(Math.min(1, Math.max(0, part)) * 100);
  return (
    <div
      class={`progress${percent === null ? " unknown" : ""}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      aria-valuetext={text}
    >
      <span style={percent === null ? undefined : { width: `${percent}%` }} />
    </div>
  );
}
