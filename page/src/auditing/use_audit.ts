// An audit by the gateway, step by step as it goes. The gateway's verdict is its own; whoever doubts it runs
// `andel audit` on the same answer.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, send } from "../api/client";
import { type SignedAnswer, writeSignedAnswer } from "../asking/signed_answer";
import { announce } from "../parts/toasts";
import { type AuditStep, auditEvent, serverSentEvents } from "./audit_stream";

export type AuditState =
  | { readonly at: "idle" }
  | { readonly at: "running"; readonly since: number }
  | { readonly at: "done"; readonly ok: boolean; readonly json: unknown }
  | { readonly at: "stopped" }
  /** `seconds`: when to try again, where the gateway says. */
  | { readonly at: "failed"; readonly error: string; readonly hint: string | null; readonly seconds: number | null };

export interface Audit {
  readonly state: AuditState;
  readonly steps: readonly AuditStep[];
  readonly start: () => void;
  readonly cancel: () => void;
}

const STEPS_MAX = 5_000;

export function useAudit(signed: SignedAnswer | null): Audit {
  const [state, setState] = useState<AuditState>({ at: "idle" });
  const [steps, setSteps] = useState<readonly AuditStep[]>([]);
  const running = useRef<AbortController | null>(null);

  const start = useCallback(async () => {
    if (signed === null) return;
    running.current?.abort();
    const leaving = new AbortController();
    running.current = leaving;
    setSteps([]);
    setState({ at: "running", since: Date.now() });
    const end = (next: AuditState) => {
      if (leaving.signal.aborted) return;
      setState(next);
      announce(next.at === "done" ? (next.ok ? "The audit passed" : "The audit failed") : "The audit ended");
    };
    try {
      const body = JSON.stringify(writeSignedAnswer(signed));
      const headers = { "content-type": "application/json", accept: "text/event-stream" };
      const answer = await send("page/api/audit", { method: "POST", headers, body, signal: leaving.signal });
      if (!answer.ok || answer.body === null) return end(await refusedBy(answer));
      for await (const [event, data] of serverSentEvents(answer.body)) {
        if (leaving.signal.aborted) return;
        const told = auditEvent(event, data);
        if (told?.event === "step") setSteps((before) => (before.length < STEPS_MAX ? [...before, told.step] : before));
        if (told?.event === "done") return end({ at: "done", ok: told.ok, json: told.json });
        if (told?.event === "broken") return end({ at: "failed", error: told.error, hint: told.hint, seconds: null });
      }
      end({ at: "failed", error: "The gateway ended before it came to a verdict.", hint: "Try again.", seconds: null });
    } catch (error) {
      const known = error instanceof ApiError ? error : null;
      end({
        at: "failed",
        error: known?.message ?? "The way to the gateway broke off.",
        hint: known?.hint ?? null,
        seconds: null,
      });
    }
  }, [signed]);

  const cancel = useCallback(() => {
    running.current?.abort();
    setState({ at: "stopped" });
  }, []);
  useEffect(() => () => running.current?.abort(), [signed]);
  return { state, steps, start: () => void start(), cancel };
}

async function refusedBy(answer: Response): Promise<AuditState> {
  const told = (await answer.json().catch(() => ({}))) as { error?: unknown; hint?: unknown };
  const error = typeof told.error === "string" ? told.error : `The gateway answered ${answer.status}.`;
  const wait = Number(answer.headers.get("retry-after") ?? Number.NaN);
  return {
    at: "failed",
    error: answer.status === 404 ? "This gateway makes no audits for its readers." : error,
    hint: answer.status === 404 ? "Run `andel audit` yourself." : typeof told.hint === "string" ? told.hint : null,
    seconds: Number.isFinite(wait) ? wait : null,
  };
}
