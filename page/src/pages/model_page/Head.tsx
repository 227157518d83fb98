import { useNetwork } from "../../api/resource";
import type { Model, ModelRow, Price } from "../../api/shapes";
import { Address } from "../../parts/Address";
import { Pill } from "../../parts/Pill";
import { Stat, Stats } from "../../parts/Stat";
import { formatAmount, formatPercent, formatShare, shareOf } from "../../text/amounts";
import { accessWords, gainOf, predictsWords, priceSpan, skillOf } from "../../text/models";
import { formatCount, formatCounted, formatMeasure } from "../../text/numbers";
import { formatUnit } from "../../text/units";

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
  const skill = skillOf(model.lineage, model.unit ?? "") ?? row?.skill ?? null;
  const gain = skill && gainOf(skill.error, skill.baseline);
  return (
    <Stats>
      <Stat
        label="Misses by"
        marked
        value={skill ? formatMeasure(skill.error) : "—"}
        unit={skill ? formatUnit(skill.unit) : undefined}
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
        note={
          row?.contributors == null
            ? undefined
            : `${formatCounted(row.contributors, "contributor", "contributors")} earned so far`
        }
      />
      <Stat
        label="Minted"
        value={formatAmount(supply.minted, supply.decimals, { digits: 0, compact: true })}
        unit={supply.symbol}
        note={`${formatShare(shareOf(supply.minted, supply.cap))} of all there can be`}
      />
      <PriceStat price={model.price} />
    </Stats>
  );
}

function PriceStat({ price }: { price: Price | null }) {
  const takesPay = useNetwork().value?.gateway.paid_calls;
  if (price) {
    const amount = formatAmount(price.amount, price.token.decimals);
    return <Stat label="An answer" value={amount} unit={price.token.symbol} note={priceSpan(price)} />;
  }
  return takesPay ? (
    <Stat label="An answer" value="—" note="the price is told with the first question" />
  ) : (
    <Stat label="An answer" value="Free" note="this gateway asks nothing for it" />
  );
}

function showJoin(event: Event) {
  event.preventDefault();
  const place = document.getElementById("join");
  place?.scrollIntoView({ block: "start" });
  place?.focus({ preventScroll: true });
}
