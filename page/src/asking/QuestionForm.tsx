// The form of a question, made from what the gateway says can be asked.
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Button } from "../parts/Button";
import { Field } from "../parts/Field";
import { formatUnit } from "../text/units";
import { formatNumberText, trimmed } from "./decimals";
import {
  bodyOf,
  caution,
  complaint,
  type DescribedModel,
  fieldsOf,
  labelOf,
  spanText,
  type ValueField,
} from "./model_form";
import { localInput, offsetText, secondsOfInput, utcText } from "./moments";
import type { Asked } from "./use_ask";

export interface QuestionFormProps {
  model: DescribedModel;
  isBusy: boolean;
  /** What the button says: "Ask", or with what it costs. */
  verb: string;
  ask: (asked: Asked) => void;
  /** What it costs, in a few words. */
  cost: ComponentChildren;
}

export function QuestionForm({ model, isBusy, verb, ask, cost }: QuestionFormProps) {
  const locale = navigator.language;
  const fields = useMemo(() => fieldsOf(model), [model]);
  const [written, setWritten] = useState<Readonly<Record<string, string>>>({});
  const [moment, setMoment] = useState(() => localInput(Math.floor(Date.now() / 60_000) * 60));
  const [isTried, setTried] = useState(false);
  const seconds = secondsOfInput(moment);

  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    const made = seconds === null ? null : bodyOf(fields, written, seconds, locale);
    if (made !== null && seconds !== null) return ask({ ...made, seconds });
    // the reader is led to the first field that is wrong, once its message stands
    const form = event.currentTarget as HTMLFormElement;
    requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const fill = () => setWritten(Object.fromEntries(fields.map((field) => [field.name, middleOf(field, locale)])));

  return (
    <form class="stack" onSubmit={submit} noValidate>
      <p>
        Give what was measured, and the model tells {nameOf(model)}{" "}
        <strong>{spanText(model.horizon_seconds, locale)} later</strong>. It answers the numbers; it cannot know whether
        they were measured.
      </p>
      <div class="grid ask-fields">
        {fields.map((field) => {
          const text = written[field.name] ?? "";
          const hints = [rangeText(field, locale), text ? caution(field, text, locale) : null].filter(Boolean);
          return (
            <Field
              key={field.name}
              label={labelOf(field, locale)}
              value={text}
              unit={formatUnit(field.unit ?? "")}
              inputMode="text"
              hint={hints.join(" ")}
              error={isTried ? complaint(field, text, locale) : null}
              change={(value) => setWritten({ ...written, [field.name]: value })}
            />
          );
        })}
        <Field
          label="Measured at"
          type="datetime-local"
          value={moment}
          change={setMoment}
          hint={seconds === null ? "Your own time zone." : `${offsetText(seconds)}: ${utcText(seconds, locale)}`}
          error={isTried && seconds === null ? "Needed: date and time, as your calendar has them." : null}
        />
      </div>
      <div class="row">
        <Button type="submit" disabled={isBusy}>
          {verb}
        </Button>
        <Button kind="plain" onClick={fill}>
          Fill in middle values
        </Button>
        <span class="quiet">{cost}</span>
      </div>
    </form>
  );
}

function rangeText(field: ValueField, locale: string): string {
  if (field.low === null || field.high === null) return "";
  return `From ${formatNumberText(trimmed(field.low), locale)} to ${formatNumberText(trimmed(field.high), locale)}`;
}

function middleOf(field: ValueField, locale: string): string {
  const middle = field.low === null || field.high === null ? 1 : (Number(field.low) + Number(field.high)) / 2;
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 2, useGrouping: false }).format(middle);
}

function nameOf(model: DescribedModel): string {
  return model.target.replaceAll("_", " ");
}
