// One model, whole: what it predicts and how well, its versions, its owners and why, its devices, what it earns.
import "../styles/model.css";
import { useEffect } from "preact/hooks";
import { useAgainWhile, useNetwork, useResource } from "../api/resource";
import type { Model, ModelRow, Paged } from "../api/shapes";
import { Loaded } from "../parts/Loaded";
import { useTitle } from "../routing/router";
import { isSameAddress } from "../text/addresses";
import { AllianceCard, JoinCard } from "./model_page/Alliance";
import { DevicesCard } from "./model_page/Devices";
import { Elsewhere } from "./model_page/Elsewhere";
import { ErrorCard } from "./model_page/Errors";
import { Head } from "./model_page/Head";
import { ContributorsCard, SupplyCard } from "./model_page/Owners";
import { RevenueCard } from "./model_page/Revenue";
import { RoundsCard } from "./model_page/Rounds";
import { InputsCard, VersionCard } from "./model_page/Versions";

export default function ModelPage({ route }: { route: { address: string | null } }) {
  const network = useNetwork();
  return (
    <Loaded resource={network} what="The model" lines={8}>
      {(on) =>
        route.address === null || isSameAddress(route.address, on.model) ? (
          <Served />
        ) : (
          <Elsewhere address={route.address} />
        )
      }
    </Loaded>
  );
}

function Served() {
  const model = useResource<Model>("/model", ["round", "version"]);
  const rows = useResource<Paged<ModelRow>>("/models?first=0&count=1", ["round"]);
  useAgainWhile(model, ({ lineage }) => lineage.some((each) => each.error !== null && each.baseline === null));
  useTitle(model.value?.name);
  useScrollTo(model.value !== null);
  return (
    <Loaded resource={model} what="The model" lines={8}>
      {(shown) => (
        <>
          <Head model={shown} row={rows.value?.items.find((row) => row.served) ?? null} />
          <ErrorCard unit={shown.unit} />
          <div class="halves">
            <VersionCard model={shown} />
            <InputsCard model={shown} />
          </div>
          <div class="halves">
            <SupplyCard supply={shown.supply} />
            <RevenueCard revenue={shown.revenue} />
          </div>
          <ContributorsCard />
          <DevicesCard alliance={shown.alliance} />
          <div class="halves">
            <AllianceCard alliance={shown.alliance} />
            <JoinCard steps={shown.alliance.how_to_join} />
          </div>
          <RoundsCard symbol={shown.supply.symbol} decimals={shown.supply.decimals} />
        </>
      )}
    </Loaded>
  );
}

/** An address that ends in `?to=join` shows the page from there. */
function useScrollTo(isReady: boolean): void {
  useEffect(() => {
    const to = /\?to=([a-z]+)$/.exec(location.hash)?.[1];
    if (!isReady || !to) return;
    const place = document.getElementById(to);
    // after the router has moved the focus to the heading
    const later = setTimeout(() => {
      place?.scrollIntoView({ block: "start" });
      place?.focus({ preventScroll: true });
    }, 60);
    return () => clearTimeout(later);
  }, [isReady]);
}
