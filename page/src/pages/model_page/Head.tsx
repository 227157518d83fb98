import type { Model, ModelRow } from "../../api/shapes";
import { Address } from "../../parts/Address";
import { Pill } from "../../parts/Pill";
import { Stat, Stats } from "../../parts/Stat";
import { formatAmount, formatPercent, formatShare, shareOf } from "../../text/amounts";
import { accessWords, gainOf, predictsWords, priceSpan } from "../../text/models";
import { formatCount, formatCounted, formatMeasure } from "../../text/numbers";

/** The model in one look: name, what it predicts, the figures that matter, and what one can do. */
export function Head({ model, row }: { model: Model; row: ModelRow | null }) {
  const features = model.task.features?.length;
  return (
    <>
      <section class="lead">
        <p class="overline">
          Model <Address value={model.address} />
        </p>
        <h1>{model.name ?? "A model without a name"}</h1>
        <p class="lead-text">
          {predictsWords(model) ?? "What it predicts is written where this gateway cannot read it"}
          {features ? `, from ${formatCounted(features, "value", "values")}` : ""}.
        </p>
        <div class="row">
          <div class="model-actions">
            <a class="button main" href="#/ask">
              Ask it
            </a>
            <a class="button plain" href={`#/model/${model.address}?to=join`} onClick={showJoin}>
              Join with a device
            </a>
          </div>
          {model.version?.answers ? (
            <Pill tone="good">Answers on chain</Pill>
          ) : (
            <Pill tone="warn">No version answers on chain yet</Pill>
          )}
          {model.access && <Pill>{accessWords(model.access)}</Pill>}
        </div>
      </section>
      <Figures model={model} row={row} />
    </>
  );
}

function Figures({ model, row }: { model: Model; row: ModelRow | null }) {
  const { supply } = model;
  const skill = row?.skill ?? null;
  const gain = skill && gainOf(skill.error, skill.baseline);
  return (
    <Stats>
      <Stat
        label="Misses by"
        marked
        value={skill ? formatMeasure(skill.error) : "—"}
        unit={skill?.unit}
        note={
          skill ? `on average, last ${formatCounted(skill.rounds_measured, "round", "rounds")}` : "nothing measured yet"
        }
      />
      <Stat
        label="Nearer than no change"
        value={gain === null ? "—" : formatPercent(Math.round(gain * 100) / 100)}
        note={
          skill?.baseline != null
            ? `which misses by ${formatMeasure(skill.baseline, skill.unit)}`
            : "until the reference set is published, nobody can tell"
        }
      />
      <Stat
        label="Rounds"
        value={row?.rounds == null ? "—" : formatCount(row.rounds)}
        note={row?.contributors == null ? undefined : formatCounted(row.contributors, "contributor", "contributors")}
      />
      <Stat
        label="Minted"
        value={formatAmount(supply.minted, supply.decimals, { digits: 0, compact: true })}
        unit={supply.symbol}
        note={`${formatShare(shareOf(supply.minted, supply.cap))} of all there can be`}
      />
      <Stat
        label="An answer"
        value={model.price ? formatAmount(model.price.amount, model.price.token.decimals) : "Free"}
        unit={model.price?.token.symbol}
        note={model.price ? priceSpan(model.price) : "no price is set"}
      />
    </Stats>
  );
}

function showJoin(event: Event) {
  event.preventDefault();
  const place = document.getElementById("join");
  place?.scrollIntoView({ block: "start" });
  place?.focus({ preventScroll: true });
}
