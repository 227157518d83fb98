import { describe, expect, it } from "vitest";
import { auditEvent, serverSentEvents } from "../src/auditing/audit_stream";

const TEXT =
  'event: step\ndata: {"name":"Signature","verdict":"pass","detail":"ü"}\n\n: beat\n\ndata:a\r\ndata: b\r\n\r\nevent: done\ndata: {"ok":true,"json":{}}\n\n';

async function heard(text: string, size: number): Promise<[string, string][]> {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
  const events: [string, string][] = [];
  for await (const event of serverSentEvents(body)) events.push(event);
  return events;
}

describe("an audit's stream", () => {
  it("is the same however the network cuts it", async () => {
    const whole = await heard(TEXT, 10_000);
    expect(whole).toEqual([
      ["step", '{"name":"Signature","verdict":"pass","detail":"ü"}'],
      ["message", "a\nb"],
      ["done", '{"ok":true,"json":{}}'],
    ]);
    for (let size = 1; size < 40; size++) expect(await heard(TEXT, size)).toEqual(whole);
  });

  it("gives no event that was cut off", async () => {
    expect(await heard(TEXT.slice(0, 40), 7)).toEqual([]);
  });

  it("tells the gateway when nobody listens any more", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("data: x\n\n")),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const _ of serverSentEvents(body)) break;
    expect(cancelled).toBe(true);
  });

  it("takes steps and a verdict, and nothing else", () => {
    expect(auditEvent("step", '{"name":"a","verdict":"rests","detail":"b"}')).toMatchObject({ event: "step" });
    expect(auditEvent("step", '{"name":"a","verdict":"maybe"}')).toBeNull();
    expect(auditEvent("done", '{"ok":false,"json":{"steps":[]}}')).toMatchObject({ event: "done", ok: false });
    expect(auditEvent("done", "{}")).toBeNull();
    expect(auditEvent("broken", '{"error":"the node is away"}')).toEqual({
      event: "broken",
      error: "the node is away",
      hint: "",
    });
    expect(auditEvent("message", "not json")).toBeNull();
  });
});
