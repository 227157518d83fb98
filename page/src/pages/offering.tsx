// The initial sale of the model's token: how far it has come, buying, and what is everybody's if it fails.
import "../styles/acting.css";
import { withQuery } from "../api/client";
import { head } from "../api/live";
import { useNetwork, useResource } from "../api/resource";
import type { OfferingTold } from "../api/shapes";
import { Buy } from "../buying/Buy";
import { OfferingProgress } from "../buying/Progress";
import { Promises } from "../buying/Promises";
import { Yours } from "../buying/Yours";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Loaded } from "../parts/Loaded";
import { Notice } from "../parts/Notice";
import { useStore } from "../state";
import { connection, isChoosing } from "../wallet/connection";

export default function Page() {
  const now = useStore(connection);
  const time = useStore(head)?.time;
  const network = useNetwork().value;
  const path = withQuery("/offering", { account: now?.account });
  const offering = useResource<OfferingTold>(path, ["offering", "round", "block"]);
  return (
    <>
      <section class="lead">
        <p class="overline">Offering</p>
        <h1>Buy into the model at its start</h1>
        <p class="lead-text">
          One price for all, whoever comes first. It succeeds or fails by a rule that nobody can change, and if it fails
          the money goes back.
        </p>
      </section>
      <Loaded resource={offering} what="The offering" lines={6}>
        {(told) =>
          told.phase === "none" ? (
            <Notice title="This model has no offering.">
              <p>
                Its tokens are earned with devices, or got from who holds them. <a href="#/share">How to earn them</a>
              </p>
            </Notice>
          ) : (
            <div class="halves loose">
              <div class="stack">
                <OfferingProgress offering={told} now={time ?? network?.chain.time ?? told.opens} />
                <Promises offering={told} again={offering.again} />
              </div>
              <div class="stack">
                {told.phase === "open" && <Buy offering={told} again={offering.again} />}
                {told.phase === "before" && (
                  <Notice title="It is not open yet.">Nobody can buy before its first second.</Notice>
                )}
                <Yours offering={told} again={offering.again} />
                {!now && told.phase !== "open" && (
                  <Card title="Yours">
                    <p>Connect a wallet to see what is yours: what you paid, tokens to fetch, money to get back.</p>
                    <div class="row">
                      <Button onClick={() => isChoosing.set(true)}>Connect a wallet</Button>
                    </div>
                  </Card>
                )}
              </div>
            </div>
          )
        }
      </Loaded>
    </>
  );
}
