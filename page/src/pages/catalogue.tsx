// All models that this gateway knows: what each predicts, how well, at what price, and how to become an owner.
import "../styles/catalogue.css";
import { useState } from "preact/hooks";
import { withQuery } from "../api/client";
import { useResource } from "../api/resource";
import type { ModelRow, Paged } from "../api/shapes";
import { Button } from "../parts/Button";
import { Loaded } from "../parts/Loaded";
import { Nothing } from "../parts/Notice";
import { Pill } from "../parts/Pill";
import { Skill } from "../parts/Skill";
import { Facts } from "../parts/Stat";
import { shortHex } from "../text/addresses";
import { formatAmount, formatShare, shareOf } from "../text/amounts";
import { accessWords, predictsWords, priceWords } from "../text/models";
import { formatCount, formatCounted } from "../text/numbers";

const COUNT_FIRST = 12;
const COUNT_MOST = 200;

export default function Catalogue() {
  const [count, setCount] = useState(COUNT_FIRST);
  const models = useResource<Paged<ModelRow>>(withQuery("/models", { first: 0, count }), [
    "round",
    "offering",
    "version",
  ]);
  return (
    <>
      <section class="lead">
        <p class="overline">Andel, a share</p>
        <h1>Models owned by the people whose devices train them</h1>
        <p class="lead-text">
          Devices sign what they measure. Their owners train one model together without handing their data over, and
          each holds the part of it that their data was worth.
        </p>
      </section>
      <section class="stack" aria-label="Models">
        <Loaded resource={models} what="The list of models" lines={8}>
          {(page) => (
            <>
              {page.items.length === 0 && <Nothing>No model is known here yet.</Nothing>}
              <ul class="models">
                {page.items.map((model) => (
                  <li key={model.address}>
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

function ModelCard({ model }: { model: ModelRow }) {
  const name = model.name ?? shortHex(model.address);
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
  if (model.contributors !== null) trained.push(formatCounted(model.contributors, "contributor", "contributors"));
  if (trained.length) facts.push(["Trained in", trained.join(", ")]);
  return (
    <article class={`model-card${model.served ? " served" : ""}`}>
      <div class="stack">
        <div class="card-head">
          <h2>
            <a href={`#/model/${model.address}`}>{name}</a>
          </h2>
        </div>
        <p class="quiet">
          {predictsWords(model) ??
            (model.note ? `${model.note}` : "What it predicts is written where this gateway cannot read it.")}
        </p>
        {model.skill ? <Skill skill={model.skill} /> : model.rounds !== null && <p>Nothing is measured of it yet.</p>}
        {facts.length > 0 && <Facts facts={facts} />}
      </div>
      <CardFoot model={model} />
    </article>
  );
}

function CardFoot({ model }: { model: ModelRow }) {
  return (
    <div class="model-card-foot">
      {model.served && <Pill tone="good">Answers here</Pill>}
      {model.offering === "open" && <Pill tone="warn">Offering open</Pill>}
      {model.offering === "failed" && <Pill>Offering failed</Pill>}
      {model.price && model.access && <Pill>{accessWords(model.access)}</Pill>}
      {model.served && (
        <a class="join-link" href={`#/model/${model.address}?to=join`}>
          How to join
        </a>
      )}
    </div>
  );
}
