// Parts of a whole as a ring; what the parts leave stays pale.
import type { ComponentChildren } from "preact";
import type { SharePart } from "./SharesBar";

const RADIUS = 84;
const LENGTH = 2 * Math.PI * RADIUS;
const GAP = 3;

export function Ring({
  parts,
  label,
  children,
}: {
  parts: readonly SharePart[];
  label: string;
  children: ComponentChildren;
}) {
  let before = 0;
  const arcs = parts.map((part) => {
    const from = before;
    before += part.ppm / 1_000_000;
    return { from, part: part.ppm / 1_000_000 };
  });
  return (
    <figure class="ring">
      <svg viewBox="0 0 200 200" role="img" aria-label={label}>
        <circle class="ring-rest" cx={100} cy={100} r={RADIUS} />
        {arcs.map((arc, index) => (
          <circle
            key={index}
            class={`ring-part ring-${index % 6}`}
            cx={100}
            cy={100}
            r={RADIUS}
            stroke-dasharray={`${Math.max(arc.part * LENGTH - GAP, 1)} ${LENGTH}`}
            stroke-dashoffset={-arc.from * LENGTH}
            transform="rotate(-90 100 100)"
          />
        ))}
      </svg>
      <figcaption>{children}</figcaption>
    </figure>
  );
}
