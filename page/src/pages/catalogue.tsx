// All models that this gateway knows: what each predicts, how well, at what price, and how to become an owner.
import "../styles/catalogue.css";
import { useState } from "preact/hooks";
import { withQuery } from "../api/client";
import { useAgainWhile, useResource } from "../api/resource";
import type { ModelRow, Paged, Shares } from "../api/shapes";
import { Button } from "../parts/Button";
import { Loaded } from "../parts/Loaded";
import { Nothing } from "../parts/Notice";
import { Pill } from "../parts/Pill";
import { Ring } from "../parts/Ring";
import { Skill } from "../parts/Skill";
import { Facts } from "../parts/Stat";
import { shortHex } from "../text/addresses";
import { formatAmount, formatShare, shareOf } from "../text/amounts";
import { accessWords, predictsWords, priceWords } from "../text/models";
import { formatCount, formatCounted } from "../text/numbers";

const COUNT_FIRST = 12;
const COUNT_MOST = 200;
const RING_PARTS = 40;

export default function Catalogue() {
  const [count, setCount] = useState(COUNT_FIRST);
  const models = useResource<Paged<ModelRow>>(withQuery("/models", { first: 0, count }), [
    "round",
    "offering",
    "version",
  ]);
  useAgainWhile(models, (page) => page.items.some((row) => row.served && row.skill?.baseline === null));
  return (
    <>
      <div class="opening">
        <section class="lead">
          <p class="overline">Andel, a share</p>
          <h1>Models owned by the people whose devices train them</h1>
          <p class="lead-text">
            Devices sign what they measure. Their owners train one model together without handing their data over, and
            each holds the part of it that their data was worth.
          </p>
        </section>
        <SharesRing />
      </div>
      <section class="stack" aria-label="Models">
        <Loaded resource={models} what="The list of models" lines={8}>
          {(page) => (
            <>
              {page.items.length === 0 && <Nothing>No model is known here yet.</Nothing>}
              <ul class="models">
                {page.items.map((model) => (
                  <li key={model.address} class={model.served ? "featured" : ""}>
                    <ModelCard model={model} />
                  </li>
                ))}
              </ul>
              {page.note && <Nothing>Not all: {page.note}.</Nothing>}
              {page.total !== null && page.items.length < page.total && count < COUNT_MOST && (
                <div class="row">
                  <Button kind="plain" onClick={() => setCount(Math.min(count * 2, COUNT_MOST))}>
                    Show more
                  </Button>
                  <span class="quiet">
                    {formatCount(page.items.length)} of {formatCount(page.total)}
                  </span>
                </div>
              )}
            </>
          )}
        </Loaded>
      </section>
    </>
  );
}

/** What each contributor earned of the served model, as the page's picture: a real one, that changes with the rounds. */
function SharesRing() {
  const { value } = useResource<Shares>(withQuery("/shares", { first: 0, count: RING_PARTS }), ["round"]);
  if (!value?.total) return null;
  const parts = value.items.map((row) => ({ who: row.account, ppm: row.share_ppm }));
  const first = parts[0] ? `; the largest has ${formatShare(parts[0].ppm)}` : "";
  return (
    <Ring parts={parts} label={`What ${formatCounted(value.total, "contributor", "contributors")} earned${first}`}>
      <span class="ring-number number">{formatCount(value.total)}</span>
      <span class="quiet">
        {value.total === 1 ? "contributor earned it" : "contributors, each with a share of its own"}
      </span>
    </Ring>
  );
}

function ModelCard({ model }: { model: ModelRow }) {
  const facts = factsOf(model);
  return (
    <article class={`model-card${model.served ? " served" : ""}`}>
      <div class="stack">
        <h2>
          <a href={`#/model/${model.address}`}>{model.name ?? shortHex(model.address)}</a>
        </h2>
        <p class={model.served ? "lead-text" : "quiet"}>
          {predictsWords(model) ?? model.note ?? "What it predicts is written where this gateway cannot read it."}
        </p>
      </div>
      <div class="stack model-card-side">
        {model.skill ? <Skill skill={model.skill} /> : model.rounds !== null && <p>Nothing is measured of it yet.</p>}
        {facts.length > 0 && <Facts facts={facts} />}
      </div>
      <CardFoot model={model} />
    </article>
  );
}

function factsOf(model: ModelRow): [string, string][] {
  const { supply } = model;
  const facts: [string, string][] = [];
  if (model.price) facts.push(["Price", priceWords(model.price)]);
  else if (model.access) facts.push(["Access", accessWords(model.access) ?? model.access]);
  if (supply) {
    const minted = formatAmount(supply.minted, supply.decimals, { symbol: supply.symbol, digits: 0 });
    facts.push(["Minted", `${minted}, ${formatShare(shareOf(supply.minted, supply.cap))} of all there can be`]);
  }
  const trained: string[] = [];
  if (model.rounds !== null) trained.push(formatCounted(model.rounds, "round", "rounds"));
  if (model.contributors !== null)
    trained.push(`by ${formatCounted(model.contributors, "contributor", "contributors")}`);
  if (trained.length) facts.push(["Trained in", trained.join(" ")]);
  return facts;
}

function CardFoot({ model }: { model: ModelRow }) {
  return (
    <div class="model-card-foot">
      {model.served && (
        <>
          <a class="button main small" href="#/ask">
            Ask it
          </a>
          <a class="button plain small" href={`#/model/${model.address}?to=join`}>
            How to join
          </a>
        </>
      )}
      {model.served && <Pill tone="good">Answers here</Pill>}
      {model.offering === "open" && <Pill tone="warn">Offering open</Pill>}
      {model.offering === "failed" && <Pill>Offering failed</Pill>}
      {model.price && model.access && <Pill>{accessWords(model.access)}</Pill>}
    </div>
  );
}
