// Starts the page: styles, wallets, the live stream, and the first page by its address.
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/parts.css";
import "./styles/tables.css";
import "./styles/figures.css";
import "./styles/forms.css";
import { render } from "preact";
import { startLive } from "./api/live";
import { readNetwork } from "./api/resource";
import { Layout } from "./layout";
import { type Loaders, Pages, route } from "./routing/router";
import { startWallets } from "./wallet/connection";

const loaders: Loaders = {
  catalogue: () => import("./pages/catalogue"),
  model: () => import("./pages/model"),
  operator: () => import("./pages/operator"),
  ask: () => import("./pages/ask"),
  audit: () => import("./pages/audit"),
  share: () => import("./pages/share"),
  offering: () => import("./pages/offering"),
  votes: () => import("./pages/votes"),
  nowhere: () => import("./pages/nowhere"),
};

void readNetwork();
startWallets();
startLive();

function show(): void {
  const place = document.getElementById("app");
  if (!place) throw new Error("the page has no place to stand");
  render(
    <Layout>
      <Pages loaders={loaders} />
    </Layout>,
    place,
  );
}

/** Fetches the other pages' code when nothing else is to do, so that they open at once, also while the gateway is away. */
function prefetch(): void {
  const saves = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData;
  if (saves) return;
  const soon = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 1_000));
  soon(() => {
    // one that fails is fetched again when it is opened
    for (const load of Object.values(loaders)) load().catch(() => undefined);
  });
}

// what index.html shows stays until the first page's code is there; when that fails, the page says so itself
loaders[route.get().page]().then(show, show).then(prefetch);
