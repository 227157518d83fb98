// One answer, large, with what the page found out about it by itself.
import { useEffect, useState } from "preact/hooks";
import { head } from "../api/live";
import type { Network } from "../api/shapes";
import { Address, Copy } from "../parts/Address";
import { Card } from "../parts/Card";
import { MarkLine, Marks, markOf } from "../parts/Marks";
import { Notice } from "../parts/Notice";
import { Facts } from "../parts/Stat";
import { formatTime } from "../text/times";
import { capital, formatUnit } from "../text/units";
import { auditLink } from "./answer_link";
import { type Check, chainChecks, ownChecks, type Twin, twinOf } from "./checks";
import { formatNumberText, textOfSteps } from "./decimals";
import { type DescribedModel, spanText } from "./model_form";
import { PaidLine } from "./PaidLine";
import type { Answered } from "./use_ask";

export function AnswerCard({
  answered,
  model,
  network,
}: {
  answered: Answered;
  model: DescribedModel;
  network: Network;
}) {
  const { signed, asked, packed } = answered;
  const locale = navigator.language;
  const value = textOfSteps(signed.answer, model.step);
  const checks = useChecks(answered, model, network);
  const twin = useTwin(answered, network);
  const isBad = checks.some((check) => check.holds === false && check.name !== "Time");
  const link = auditLink(signed);
  const at = asked.seconds + model.horizon_seconds;
  return (
    <Card title="The answer" note={`asked for ${formatTime(asked.seconds)}`} class="answer">
      {isBad && (
        <Notice tone="bad" title="Do not use this answer.">
          <p>What this page checked by itself does not hold; see below.</p>
        </Notice>
      )}
      <p class="answer-value">
        <output data-answer={signed.answer.toString()}>{formatNumberText(value, locale)}</output>{" "}
        <span class="answer-unit">{formatUnit(model.unit)}</span>
      </p>
      <p>
        {capital(model.target.replaceAll("_", " "))} at <strong>{formatTime(at)}</strong>,{" "}
        {spanText(model.horizon_seconds, locale)} after you measured
        {changeText(signed.answer, asked.values[model.target], model, locale)}.
      </p>
      <Marks label="What this page checked">
        {checks.map((check) => (
          <MarkLine key={check.name} mark={markOf(check.holds)} name={check.name}>
            {check.detail}
          </MarkLine>
        ))}
        <TwinLine twin={twin} answered={answered} model={model} />
        <PaidLine answered={answered} network={network} />
      </Marks>
      <div class="row">
        <a class="button" href={link}>
          Audit this answer
        </a>
        <span class="quiet row">
          Link to the audit <Copy text={new URL(link, location.href).href} what="the link to the audit" />
        </span>
      </div>
      <details>
        <summary>What was signed</summary>
        <Facts
          facts={[
            ["Answer", `${signed.answer} steps of ${signed.unit}`],
            ["Signed by", <Address key="s" value={signed.signer} />],
            ["Version", <Address key="v" value={signed.version} />],
            ["Question", <Address key="q" value={signed.question} />],
            ["Dated", formatTime(Number(signed.issuedAt))],
            ["Valid until", formatTime(Number(signed.validUntil))],
            ["Signature", <Address key="g" value={signed.signature} />],
            ...(packed === null ? [] : ([["Packed here as", <Address key="p" value={packed} />]] as const)),
          ]}
        />
      </details>
    </Card>
  );
}

function TwinLine({ twin, answered, model }: { twin: Twin | null; answered: Answered; model: DescribedModel }) {
  const name = "Inside the chain";
  if (twin === null)
    return (
      <MarkLine mark="busy" name={name}>
        Asking the model's code on chain the same question…
      </MarkLine>
    );
  if (twin.kind === "absent")
    return (
      <MarkLine mark="open" name={name}>
        This version has no code on this chain, so there is nothing to compare.
      </MarkLine>
    );
  if (twin.kind === "unread")
    return <MarkLine mark="open" name={name}>{`The chain did not answer: ${twin.reason}`}</MarkLine>;
  const value = `${formatNumberText(textOfSteps(twin.answer, model.step), navigator.language)} ${formatUnit(model.unit)}`;
  return twin.answer === answered.signed.answer ? (
    <MarkLine mark="pass" name={name}>
      The same version's code on chain answers <strong>{value}</strong>: equal, to the last digit.
    </MarkLine>
  ) : (
    <MarkLine mark="fail" name={name}>
      The same version's code on chain answers <strong>{value}</strong>, not what was signed. This signed answer proves
      it: keep it.
    </MarkLine>
  );
}

function useChecks(answered: Answered, model: DescribedModel, network: Network): readonly Check[] {
  const [checks, setChecks] = useState<readonly Check[]>([]);
  useEffect(() => {
    let isLeft = false;
    const now = head.get()?.time ?? network.chain.time;
    setChecks([]);
    const show = (found: readonly Check[]) => !isLeft && setChecks((before) => [...before, ...found]);
    ownChecks(answered.signed, network, answered.packed, model, now).then((own) => {
      show(own);
      return chainChecks(answered.signed, network).then(show);
    });
    return () => {
      isLeft = true;
    };
  }, [answered.signed, network.model]);
  return checks;
}

function useTwin(answered: Answered, network: Network): Twin | null {
  const [twin, setTwin] = useState<Twin | null>(null);
  useEffect(() => {
    let isLeft = false;
    setTwin(null);
    twinOf(answered.signed, network).then((found) => !isLeft && setTwin(found));
    return () => {
      isLeft = true;
    };
  }, [answered.signed, network.model]);
  return twin;
}

/** How far the answer lies from what was measured now, where that was given in the same steps. */
function changeText(answer: bigint, now: string | undefined, model: DescribedModel, locale: string): string {
  if (now === undefined) return "";
  const change = Number(textOfSteps(answer, model.step)) - Number(now);
  if (!Number.isFinite(change)) return "";
  const digits = model.step.split(".")[1]?.length ?? 0;
  const style = { signDisplay: "exceptZero", maximumFractionDigits: digits } as const;
  return `: ${new Intl.NumberFormat(locale, style).format(change)} ${formatUnit(model.unit)} from now`;
}
