// Ask the model: a form made from what it takes, the answer, and what this page finds out about the answer by itself.
import "../styles/acting.css";
import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiError, read } from "../api/client";
import { onEvent } from "../api/live";
import { useNetwork } from "../api/resource";
import type { Model } from "../api/shapes";
import { AnswerCard } from "../asking/AnswerCard";
import { readForm } from "../asking/asking";
import { type DescribedModel, withUnits } from "../asking/model_form";
import { QuestionForm } from "../asking/QuestionForm";
import { StageNotice } from "../asking/StageNotice";
import { CostLine, Terms } from "../asking/Terms";
import { useAsk } from "../asking/use_ask";
import { Address } from "../parts/Address";
import { Card } from "../parts/Card";
import { Loaded } from "../parts/Loaded";
import { capital } from "../text/units";

export default function Page() {
  const network = useNetwork();
  const form = useForm();
  const model = form.value;
  const flow = useAsk(network.value, model);
  const isBusy = flow.stage.at === "asking" || flow.stage.at === "signing";
  return (
    <>
      <section class="lead">
        <p class="overline">Ask</p>
        <h1>{capital(model?.name ?? "ask the model")}</h1>
        <p class="lead-text">
          The gateway signs each answer. This page checks the signature by itself, and asks the model's code inside the
          chain the same question.
        </p>
      </section>
      <Loaded resource={form} what="What can be asked" lines={6}>
        {(told) => (
          <div class="halves wide-first loose">
            <div class="stack">
              <Card title="Your question" note={<VersionNote model={told} />}>
                <QuestionForm
                  model={told}
                  isBusy={isBusy}
                  verb="Ask"
                  ask={flow.start}
                  cost={network.value && <CostLine model={told} network={network.value} />}
                />
              </Card>
              <div aria-live="polite">
                {network.value && <StageNotice flow={flow} model={told} network={network.value} />}
              </div>
              {network.value && flow.stage.at === "answered" && (
                <AnswerCard answered={flow.stage} model={told} network={network.value} />
              )}
            </div>
            <div>{network.value && <Terms model={told} network={network.value} />}</div>
          </div>
        )}
      </Loaded>
    </>
  );
}

function VersionNote({ model }: { model: DescribedModel }) {
  return (
    <>
      version <Address value={model.version} copies={false} />
    </>
  );
}

/** GET /model as a resource, read again when another version was promoted. */
function useForm() {
  const [value, setValue] = useState<DescribedModel | null>(null);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const again = useCallback(() => {
    // the task names the target's unit alone; others are those of packets that were opened, where the page's facts tell
    const facts = read<Model>("/model").catch(() => null);
    Promise.all([readForm(), facts]).then(
      ([told, known]) => {
        setValue(withUnits(told, known?.task.features ?? []));
        setTrouble(null);
      },
      (error) => setTrouble(error instanceof ApiError ? error : new ApiError(0, String(error), null)),
    );
  }, []);
  useEffect(() => {
    again();
    return onEvent("version", again);
  }, [again]);
  return { value, trouble, isLoading: value === null && trouble === null, again };
}
