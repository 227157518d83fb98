// What is told in a frame: something missing, something wrong, something to know.
import type { ComponentChildren } from "preact";
import { ApiError } from "../api/client";
import { Button } from "./Button";

export interface NoticeProps {
  tone?: "plain" | "good" | "warn" | "bad";
  title?: string;
  children?: ComponentChildren;
}

export function Notice({ tone = "plain", title, children }: NoticeProps) {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : undefined}>
      {title && <strong>{title}</strong>}
      {children}
    </div>
  );
}

/** A failure in words, with its hint and a way to try again. */
export function FailedNotice({ trouble, what, again }: { trouble: unknown; what: string; again?: () => void }) {
  const told = trouble instanceof Error ? trouble.message : String(trouble);
  const hint = trouble instanceof ApiError ? trouble.hint : null;
  return (
    <Notice tone="bad" title={`${what} cannot be shown.`}>
      <p>{told}</p>
      {hint && <p class="quiet">{hint}</p>}
      {again && (
        <Button kind="plain" onClick={again}>
          Try again
        </Button>
      )}
    </Notice>
  );
}

/** What to say where a list has nothing in it. */
export function Nothing({ children }: { children: ComponentChildren }) {
  return <p class="quiet">{children}</p>;
}
