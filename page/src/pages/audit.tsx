// The audit of one answer: from the signature back to the packets of devices, each step as the gateway finds it.
import "../styles/acting.css";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useNetwork } from "../api/resource";
import { readAuditLink } from "../asking/answer_link";
import type { SignedAnswer } from "../asking/signed_answer";
import { AnswerGiven, GiveAnswer } from "../auditing/AnswerGiven";
import type { AuditStep } from "../auditing/audit_stream";
import { type Audit, useAudit } from "../auditing/use_audit";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { MarkLine, Marks } from "../parts/Marks";
import { Notice } from "../parts/Notice";
import { Progress } from "../parts/Progress";
import type { Route } from "../routing/routes";
import { formatCounted } from "../text/numbers";
import { formatSpan } from "../text/times";
import { capital } from "../text/units";

export default function Page({ route }: { route: Extract<Route, { page: "audit" }> }) {
  const network = useNetwork().value;
  const given = useMemo(() => answerIn(route.answer), [route.answer]);
  return (
    <>
      <section class="lead">
        <p class="overline">Audit</p>
        <h1>Where an answer comes from</h1>
        <p class="lead-text">
          From the signature back to what devices measured: the version, the round that made it, its updates, who was
          paid for them, and the packets beneath. Each step passes, fails, or is said to rest on somebody's word.
        </p>
      </section>
      {"trouble" in given && given.trouble && (
        <Notice tone="bad" title="This link holds no answer.">
          <p>{given.trouble}</p>
        </Notice>
      )}
      {"signed" in given && network ? (
        <div class="halves loose">
          <AnswerGiven signed={given.signed} network={network} />
          <AuditCard signed={given.signed} canAudit={network.gateway.audits} />
        </div>
      ) : (
        "trouble" in given && <GiveAnswer />
      )}
    </>
  );
}

function AuditCard({ signed, canAudit }: { signed: SignedAnswer; canAudit: boolean }) {
  const audit = useAudit(signed);
  const { state, steps } = audit;
  const isRunning = state.at === "running";
  return (
    <Card title="The audit" note="made by this gateway, told step by step">
      {!canAudit && (
        <Notice tone="warn">
          This gateway makes no audits for its readers. Run <code>andel audit</code> yourself: it needs nobody's trust.
        </Notice>
      )}
      {canAudit && state.at === "idle" && (
        <>
          <p>
            It reads evidence, trains again where it must, and recounts what was paid. That can take a minute or more.
          </p>
          <Button onClick={audit.start}>Run the audit</Button>
        </>
      )}
      {isRunning && <Running since={state.since} count={steps.length} cancel={audit.cancel} />}
      <Outcome audit={audit} />
      {(steps.length > 0 || isRunning) && (
        <div aria-live="polite" aria-relevant="additions">
          <Marks label="Steps of the audit">
            {steps.map((step, index) => (
              <StepLine key={index} step={step} />
            ))}
            {isRunning && <MarkLine mark="busy" name="The next step is under way…" />}
          </Marks>
        </div>
      )}
      {state.at === "done" && <Download json={state.json} version={signed.version} />}
    </Card>
  );
}

function StepLine({ step }: { step: AuditStep }) {
  const mark = step.verdict === "rests" ? "open" : step.verdict;
  return (
    <MarkLine mark={mark} name={capital(step.name)}>
      <Detail text={step.verdict === "rests" ? `Rests on: ${step.detail}` : step.detail} />
    </MarkLine>
  );
}

/** What was checked: one finding as it is, more of them folded, each on its line. */
function Detail({ text }: { text: string }) {
  const findings = text.split("; ");
  if (findings.length < 3) return <>{text}</>;
  return (
    <details>
      <summary>{formatCounted(findings.length, "kind", "kinds")} of evidence</summary>
      <ul class="findings">
        {findings.map((finding) => (
          <li key={finding}>{finding}</li>
        ))}
      </ul>
    </details>
  );
}

function Running({ since, count, cancel }: { since: number; count: number; cancel: () => void }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(tick);
  }, []);
  return (
    <>
      <Progress part={null} label="The audit is under way" />
      <div class="row spread">
        <span class="quiet">
          {formatCounted(count, "step", "steps")}, {formatSpan((now - since) / 1_000)}
        </span>
        <Button kind="plain" small onClick={cancel}>
          Stop
        </Button>
      </div>
    </>
  );
}

function Outcome({ audit }: { audit: Audit }) {
  const { state, steps, start } = audit;
  switch (state.at) {
    case "done":
      return state.ok ? (
        <Notice tone="good" title="Every step holds.">
          {steps.some((step) => step.verdict === "rests") && <p>What rests on somebody's word says on whose.</p>}
        </Notice>
      ) : (
        <Notice tone="bad" title="The audit found something that does not hold.">
          <p>See the steps marked as failing. The downloaded report is what a dispute begins with.</p>
        </Notice>
      );
    case "stopped":
      return (
        <Notice tone="warn" title="Stopped before a verdict.">
          <Button onClick={start}>Run it again</Button>
        </Notice>
      );
    case "failed":
      return (
        <Notice tone="warn" title="The audit came to no verdict.">
          <p>{state.error}</p>
          {state.hint && <p class="quiet">{state.hint}</p>}
          {state.seconds !== null && <p class="quiet">Try again in about {formatSpan(state.seconds)}.</p>}
          <Button onClick={start}>Try again</Button>
        </Notice>
      );
    default:
      return null;
  }
}

function Download({ json, version }: { json: unknown; version: string }) {
  const [href, setHref] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([JSON.stringify(json, null, 2)], { type: "application/json" }));
    setHref(made);
    return () => URL.revokeObjectURL(made);
  }, [json]);
  if (href === null) return null;
  return (
    <a class="button plain" href={href} download={`audit-${version.slice(2, 10)}.json`}>
      Download the report (JSON)
    </a>
  );
}

function answerIn(text: string | null): { signed: SignedAnswer } | { trouble: string | null } {
  if (text === null) return { trouble: null };
  try {
    return { signed: readAuditLink(text) };
  } catch (error) {
    return { trouble: `It was cut or changed: ${error instanceof Error ? error.message : String(error)}.` };
  }
}
