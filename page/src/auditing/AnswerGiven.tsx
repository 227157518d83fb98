// The answer that is audited, as it was signed; or a place to give one.
import { useEffect, useState } from "preact/hooks";
import { head } from "../api/live";
import type { Network } from "../api/shapes";
import { auditLink } from "../asking/answer_link";
import { type Check, chainChecks, ownChecks } from "../asking/checks";
import { formatNumberText, textOfSteps } from "../asking/decimals";
import { readSignedAnswer, type SignedAnswer } from "../asking/signed_answer";
import { Address } from "../parts/Address";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Field } from "../parts/Field";
import { MarkLine, Marks, markOf } from "../parts/Marks";
import { Facts } from "../parts/Stat";
import { formatTime } from "../text/times";
import { formatUnit } from "../text/units";

export function AnswerGiven({ signed, network }: { signed: SignedAnswer; network: Network }) {
  const checks = useChecks(signed, network);
  const [value, unit] = shownAs(signed);
  return (
    <Card title="The answer" note={`signed ${formatTime(Number(signed.issuedAt))}`}>
      <p class="answer-value">
        {value} <span class="answer-unit">{unit}</span>
      </p>
      <Marks label="What this page checked by itself">
        {checks.map((check) => (
          <MarkLine
            key={check.name}
            mark={markOf(check.name === "Time" && check.holds === false ? null : check.holds)}
            name={check.name}
          >
            {check.detail}
          </MarkLine>
        ))}
      </Marks>
      <Facts
        facts={[
          ["Signed by", <Address key="s" value={signed.signer} />],
          ["Version", <Address key="v" value={signed.version} />],
          ["Question", <Address key="q" value={signed.question} />],
          ["Counted until", formatTime(Number(signed.validUntil))],
        ]}
      />
    </Card>
  );
}

/** The value and its unit, where one step of the answer is a power of ten of a unit: 862 of "0.01 degC" is 8.62 °C. */
function shownAs(signed: SignedAnswer): [value: string, unit: string] {
  const [, step, unit] = /^(1|0\.0*1|10+) (\S.*)$/.exec(signed.unit) ?? [];
  const locale = navigator.language;
  if (step === undefined || unit === undefined)
    return [formatNumberText(signed.answer.toString(), locale), `steps of ${signed.unit}`];
  return [formatNumberText(textOfSteps(signed.answer, step), locale), formatUnit(unit)];
}

/** A form for the JSON of an answer, as `andel ask --json` or POST /predict gives it. */
export function GiveAnswer() {
  const [text, setText] = useState("");
  const [trouble, setTrouble] = useState<string | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    try {
      location.hash = auditLink(readSignedAnswer(JSON.parse(text)));
    } catch (error) {
      const isJson = !(error instanceof SyntaxError);
      setTrouble(isJson ? `This is no signed answer: ${(error as Error).message}.` : "This is not JSON.");
    }
  };
  return (
    <Card title="Which answer?">
      <form class="stack" onSubmit={submit}>
        <Field
          label="A signed answer"
          lines={8}
          value={text}
          change={setText}
          hint="The JSON that POST /predict gave. Nothing of it leaves this browser before you start the audit."
          error={trouble}
        />
        <div class="row">
          <Button type="submit">Look at it</Button>
          <a href="#/ask">Ask the model instead</a>
        </div>
      </form>
    </Card>
  );
}

function useChecks(signed: SignedAnswer, network: Network): readonly Check[] {
  const [checks, setChecks] = useState<readonly Check[]>([]);
  useEffect(() => {
    let isLeft = false;
    const now = head.get()?.time ?? network.chain.time;
    Promise.all([ownChecks(signed, network, null, null, now), chainChecks(signed, network)]).then(
      (found) => !isLeft && setChecks(found.flat()),
    );
    return () => {
      isLeft = true;
    };
  }, [signed, network.model]);
  return checks;
}
