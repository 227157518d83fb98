// The steps of an audit as the gateway finds them: a POST whose answer is a stream of server-sent events.

export type Verdict = "pass" | "fail" | "rests";

export interface AuditStep {
  name: string;
  verdict: Verdict;
  detail: string;
}

export type AuditEvent =
  | { event: "step"; step: AuditStep }
  | { event: "done"; ok: boolean; json: unknown }
  /** The audit could not be made: no verdict. */
  | { event: "broken"; error: string; hint: string };

const MAX_EVENT = 1 << 22;

/** The events of a body in server-sent form, each `[event, data]`, as they arrive; comments are passed over. */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<[event: string, data: string]> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      if (rest.length > MAX_EVENT) throw new Error("The gateway sent an event that is too long.");
      // a carriage return at the end may be half of a line's end
      const whole = (rest.endsWith("\r") && !done ? rest.slice(0, -1) : rest).replaceAll("\r\n", "\n");
      const parts = whole.split("\n\n");
      const tail = parts.pop() ?? "";
      rest = tail + (rest.endsWith("\r") && !done ? "\r" : "");
      for (const part of parts) {
        const event = readEvent(part);
        if (event !== null) yield event;
      }
      if (done) return;
    }
  } finally {
    // tells the gateway that nobody listens any more
    await reader.cancel().catch(() => undefined);
  }
}

/** What an audit's event says; null for one that is none of an audit. */
export function auditEvent(event: string, data: string): AuditEvent | null {
  let record: unknown;
  try {
    record = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof record !== "object" || record === null) return null;
  const fields = record as Record<string, unknown>;
  if (event === "done" && typeof fields.ok === "boolean") return { event, ok: fields.ok, json: fields.json };
  if (event === "broken" && typeof fields.error === "string")
    return { event, error: fields.error, hint: typeof fields.hint === "string" ? fields.hint : "" };
  const { name, verdict, detail } = fields;
  if (event !== "step" || typeof name !== "string" || !isVerdict(verdict)) return null;
  return { event, step: { name, verdict, detail: typeof detail === "string" ? detail : "" } };
}

function readEvent(part: string): [string, string] | null {
  let event = "message";
  const data: string[] = [];
  for (const line of part.split("\n")) {
    const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (name === "event") event = value;
    else if (name === "data") data.push(value);
  }
  return data.length ? [event, data.join("\n")] : null;
}

function isVerdict(value: unknown): value is Verdict {
  return value === "pass" || value === "fail" || value === "rests";
}
