import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface FieldProps {
  label: string;
  value: string;
  change: (value: string) => void;
  unit?: string;
  hint?: ComponentChildren;
  error?: string | null;
  type?: "text" | "number" | "datetime-local" | "date";
  inputMode?: "decimal" | "numeric" | "text";
  required?: boolean;
  disabled?: boolean;
  lines?: number;
  autoComplete?: string;
}

/** A labelled input with its unit behind it, a hint under it, and what is wrong with it. */
export function Field(props: FieldProps) {
  const id = useId();
  const told = [props.hint ? `${id}-hint` : "", props.error ? `${id}-error` : ""].filter(Boolean).join(" ");
  const shared = {
    id,
    value: props.value,
    required: props.required,
    disabled: props.disabled,
    "aria-invalid": props.error ? ("true" as const) : undefined,
    "aria-describedby": told || undefined,
    autoComplete: props.autoComplete ?? "off",
  };
  return (
    <div class={`field${props.error ? " wrong" : ""}`}>
      <label for={id}>
        {props.label}
        {props.unit && <span class="heard"> in {props.unit}</span>}
      </label>
      <div class="field-box">
        {props.lines ? (
          <textarea {...shared} rows={props.lines} onInput={(event) => props.change(event.currentTarget.value)} />
        ) : (
          <input
            {...shared}
            type={(props.type ?? "text") as "text" /* the types of attributes differ by it; ours do not */}
            inputMode={props.inputMode}
            spellcheck={false}
            onInput={(event) => props.change(event.currentTarget.value)}
          />
        )}
        {props.unit && (
          <span class="field-unit" aria-hidden="true">
            {props.unit}
          </span>
        )}
      </div>
      {props.hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
      {props.error && (
        <p class="field-error" id={`${id}-error`} role="alert">
          {props.error}
        </p>
      )}
    </div>
  );
}

export interface ChoiceFieldProps {
  label: string;
  value: string;
  change: (value: string) => void;
  choices: readonly { readonly value: string; readonly label: string }[];
  hint?: ComponentChildren;
}

/** A labelled choice of one from a list. */
export function ChoiceField({ label, value, change, choices, hint }: ChoiceFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-box">
        <select
          id={id}
          value={value}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={(event) => change(event.currentTarget.value)}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value} selected={choice.value === value}>
              {choice.label}
            </option>
          ))}
        </select>
      </div>
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
