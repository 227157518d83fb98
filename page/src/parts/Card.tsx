import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface CardProps {
  title: string;
  /** A few quiet words beside the title. */
  note?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}

/** A part of a page with a heading of its own; a landmark for screen readers. */
export function Card({ title, note, children, class: more }: CardProps) {
  const id = useId();
  return (
    <section class={`card${more ? ` ${more}` : ""}`} aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        {note && <div class="card-note">{note}</div>}
      </div>
      {children}
    </section>
  );
}
