const STAGES = ["open", "data committed", "closed", "attested", "finalised"] as const;
const NAMES: Readonly<Record<(typeof STAGES)[number], string>> = {
  open: "Data",
  "data committed": "Training",
  closed: "Validation",
  attested: "Challenge window",
  finalised: "Final",
};

/** Where a round stands on its way from open to final; a void or challenged one has left the way. */
export function Stages({ status }: { status: string }) {
  const at = STAGES.indexOf(status as (typeof STAGES)[number]);
  if (at < 0) return null;
  return (
    <ol class="stages" aria-label="Where the round stands">
      {STAGES.map((stage, index) => (
        <li
          key={stage}
          class={index < at || status === "finalised" ? "done" : index === at ? "here" : ""}
          aria-current={index === at ? "step" : undefined}
        >
          {NAMES[stage]}
        </li>
      ))}
    </ol>
  );
}
