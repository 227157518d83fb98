// What an owner does outside the browser: keeping what devices sign, and training with it on a machine of its own.
import type { Model } from "../api/shapes";
import { Command } from "../parts/Address";
import { Card } from "../parts/Card";

/** Steps that this page takes itself. */
const HERE = /^andel (device claim|alliance accept|alliance show)/;

export function NextSteps({ model }: { model: Model }) {
  const steps = model.alliance.how_to_join.filter((step) => step.command === null || !HERE.test(step.command));
  if (steps.length === 0) return null;
  return (
    <Card title="On your own machine" note="where your readings stay">
      <ol class="steps">
        {steps.map((step) => (
          <li key={step.do}>
            <p>{step.do}</p>
            {step.command && <Command text={step.command} />}
          </li>
        ))}
      </ol>
    </Card>
  );
}
