// What the connected account has of the model: what it earned and may fetch, its votes, its devices, its consent.
import "../styles/acting.css";
import { useNetwork, useResource } from "../api/resource";
import type { Account, Model } from "../api/shapes";
import { Delegation } from "../holding/Delegation";
import { Earned } from "../holding/Earned";
import { Revenue } from "../holding/Revenue";
import { Consent } from "../joining/Consent";
import { Devices } from "../joining/Devices";
import { NextSteps } from "../joining/NextSteps";
import { Address } from "../parts/Address";
import { Button } from "../parts/Button";
import { Loaded } from "../parts/Loaded";
import { Notice } from "../parts/Notice";
import { useStore } from "../state";
import { connection, isChoosing } from "../wallet/connection";

export default function Page() {
  const now = useStore(connection);
  const network = useNetwork().value;
  const account = useResource<Account>(now ? `/account/${now.account}` : null, ["block"]);
  const model = useResource<Model>(now ? "/model" : null, ["round"]);
  return (
    <>
      <section class="lead">
        <p class="overline">My share</p>
        <h1>{now ? "What is yours of this model" : "Own a share of this model"}</h1>
        {now ? (
          <p class="lead-text">
            Account <Address value={now.account} />
          </p>
        ) : (
          <p class="lead-text">
            Bring a device, or hold the model's token: then you earn, vote, and have your part of what answers are sold
            for.
          </p>
        )}
      </section>
      {!now && (
        <Notice title="Connect a wallet to see yours.">
          <p>The page sees your account's address, and does nothing that you do not sign.</p>
          <Button onClick={() => isChoosing.set(true)}>Connect a wallet</Button>
        </Notice>
      )}
      {now && network && (
        <Loaded resource={account} what="Your share" lines={6}>
          {(told) => {
            const shared = { account: told, network, again: account.again };
            return (
              <>
                <div class="grid share-cards">
                  <Earned {...shared} />
                  <Delegation {...shared} />
                  <Revenue {...shared} />
                </div>
                <section class="stack" aria-labelledby="join-title">
                  <h2 id="join-title">{told.devices.length ? "Your part in the alliance" : "Join with a device"}</h2>
                  <div class="halves loose">
                    <div class="stack">
                      <Devices {...shared} />
                      {model.value && <NextSteps model={model.value} />}
                    </div>
                    <Loaded resource={model} what="The alliance's terms">
                      {(of) => <Consent {...shared} model={of} />}
                    </Loaded>
                  </div>
                </section>
              </>
            );
          }}
        </Loaded>
      )}
    </>
  );
}
