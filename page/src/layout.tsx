// What stands around every page: the head with the ways through, the wallet, what is live; the foot with where this is.
import type { ComponentChildren } from "preact";
import { head, type Liveness, liveness } from "./api/live";
import { useNetwork } from "./api/resource";
import { Address } from "./parts/Address";
import { Mark } from "./parts/icons";
import { Pill } from "./parts/Pill";
import { ThemeButton } from "./parts/ThemeButton";
import { Toasts } from "./parts/toasts";
import { route } from "./routing/router";
import type { Route } from "./routing/routes";
import { useStore } from "./state";
import { formatCount } from "./text/numbers";
import { WalletButton } from "./wallet/WalletButton";

const WAYS: readonly { readonly href: string; readonly name: string; readonly pages: readonly Route["page"][] }[] = [
  { href: "#/", name: "Models", pages: ["catalogue", "model"] },
  { href: "#/ask", name: "Ask", pages: ["ask", "audit"] },
  { href: "#/share", name: "My share", pages: ["share"] },
  { href: "#/offering", name: "Offering", pages: ["offering"] },
  { href: "#/votes", name: "Votes", pages: ["votes"] },
  { href: "#/operator", name: "Operator", pages: ["operator"] },
];

export function Layout({ children }: { children: ComponentChildren }) {
  const { page } = useStore(route);
  const skip = (event: Event) => {
    event.preventDefault();
    const main = document.getElementById("main");
    main?.setAttribute("tabindex", "-1");
    main?.focus();
  };
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="top">
        <div class="top-row">
          <a class="brand" href="#/" aria-label="Andel, all models">
            <Mark />
            <span class="brand-name">Andel</span>
          </a>
          <nav class="nav" aria-label="Pages">
            {WAYS.map((way) => (
              <a key={way.href} href={way.href} aria-current={way.pages.includes(page) ? "page" : undefined}>
                {way.name}
              </a>
            ))}
          </nav>
          <div class="tools">
            <ThemeButton />
            <WalletButton />
          </div>
        </div>
        <Away />
      </header>
      <main id="main" class="page">
        {children}
      </main>
      <Foot />
      <Toasts />
    </>
  );
}

/** A line under the head while the gateway does not answer; gone when it is back. */
function Away() {
  const now = useStore(liveness);
  return (
    <div role="status">
      {now.state === "away" && (
        <p class="away">
          <span class="dot beating" aria-hidden="true" /> The gateway does not answer. What you see is from before; the
          page connects again by itself.
        </p>
      )}
    </div>
  );
}

const STATES: Readonly<Record<Liveness["state"], string>> = {
  connecting: "Connecting",
  live: "Live",
  polling: "Asking every few seconds",
  away: "Connecting again",
};

function Foot() {
  const network = useNetwork().value;
  const block = useStore(head)?.block ?? network?.chain.block;
  const now = useStore(liveness);
  return (
    <footer class="foot">
      <div class="foot-row">
        {network && (
          <>
            <span>
              {network.chain.name} · chain {network.chain.id}
            </span>
            {network.gateway.signer && (
              <span>
                Answers signed by <Address value={network.gateway.signer} copies={false} />
              </span>
            )}
            <span>Andel {network.gateway.version}</span>
          </>
        )}
        <span data-live-state={now.state}>
          {now.state === "live" ? (
            <Pill tone="good">
              <span class="dot" aria-hidden="true" /> Live{block !== undefined && ` · block ${formatCount(block)}`}
            </Pill>
          ) : (
            <Pill tone="warn">
              <span class="dot beating" aria-hidden="true" /> {STATES[now.state]}
            </Pill>
          )}
        </span>
      </div>
    </footer>
  );
}
