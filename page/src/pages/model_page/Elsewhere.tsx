// A model that this gateway knows of and does not serve: what the chain says of it, and who answers for it.
import { useResource } from "../../api/resource";
import type { ModelRow, Paged } from "../../api/shapes";
import { Address } from "../../parts/Address";
import { Card } from "../../parts/Card";
import { Loaded } from "../../parts/Loaded";
import { Skill } from "../../parts/Skill";
import { Facts } from "../../parts/Stat";
import { isSameAddress, shortHex } from "../../text/addresses";
import { formatAmount } from "../../text/amounts";
import { accessWords, predictsWords, priceWords } from "../../text/models";
import { formatCount } from "../../text/numbers";

export function Elsewhere({ address }: { address: string }) {
  const models = useResource<Paged<ModelRow>>("/models?first=0&count=200", ["round"]);
  return (
    <Loaded resource={models} what="The model">
      {(page) => {
        const model = page.items.find((row) => isSameAddress(row.address, address));
        return model ? <Known model={model} /> : <Unknown address={address} />;
      }}
    </Loaded>
  );
}

function Unknown({ address }: { address: string }) {
  return (
    <section class="lead">
      <h1>A model this gateway does not know</h1>
      <p class="lead-text">
        <Address value={address} /> is in no catalogue that this gateway reads. <a href="#/">To the models</a>
      </p>
    </section>
  );
}

function Known({ model }: { model: ModelRow }) {
  return (
    <>
      <section class="lead">
        <p class="overline">A model served elsewhere</p>
        <h1>{model.name ?? shortHex(model.address)}</h1>
        <p class="lead-text">{predictsWords(model) ?? model.note ?? "What it predicts is not known here."}</p>
      </section>
      <div class="halves">
        <Card title="What the chain says">
          {model.skill && <Skill skill={model.skill} />}
          <Facts
            facts={[
              ["Model", <Address key="a" value={model.address} />],
              ...(model.alliance ? [["Alliance", <Address key="b" value={model.alliance} />] as const] : []),
              ["Rounds", model.rounds === null ? "not known" : formatCount(model.rounds)],
              ["Access", accessWords(model.access) ?? "not known"],
              ["Price", model.price ? priceWords(model.price) : "none stated"],
              ...(model.supply
                ? [
                    [
                      "Minted",
                      formatAmount(model.supply.minted, model.supply.decimals, { symbol: model.supply.symbol }),
                    ] as const,
                  ]
                : []),
            ]}
          />
        </Card>
        <Card title="Who answers for it">
          {model.endpoints.length ? (
            <ul>
              {model.endpoints.map((endpoint) => (
                <li key={endpoint}>
                  <code>{endpoint}</code>
                </li>
              ))}
            </ul>
          ) : (
            <p class="quiet">The market names no server for it. Its own gateway shows its rounds, owners and terms.</p>
          )}
        </Card>
      </div>
    </>
  );
}
