// Which page is shown: watches the hash, loads the page's code, moves the focus to its heading and tells its title.
import type { ComponentType } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { onReturn } from "../api/live";
import { Bones } from "../parts/Bones";
import { FailedNotice } from "../parts/Notice";
import { announce } from "../parts/toasts";
import { createStore, useStore } from "../state";
import { Boundary } from "./Boundary";
import { hashOf, parseRoute, type Route, TITLES } from "./routes";

export const route = createStore<Route>(parseRoute(location.hash));

addEventListener("hashchange", () => {
  // a hash that is no address of the page (a skip link's target) leaves the page as it is
  if (!location.hash || location.hash.startsWith("#/")) route.set(parseRoute(location.hash));
});

export function goTo(next: Route): void {
  location.hash = hashOf(next);
}

type PageOf<Name extends Route["page"]> = ComponentType<{ route: Extract<Route, { page: Name }> }>;
export type Loaders = { readonly [Name in Route["page"]]: () => Promise<{ default: PageOf<Name> }> };

/** A page's own title, as with a model's name: `useTitle("Roof temperature")`. */
export function useTitle(title: string | null | undefined): void {
  useEffect(() => {
    if (title) document.title = `${title} · Andel`;
  }, [title]);
}

let isFirst = true;
const HEADING_MS = 10_000;

/** Calls back with the page's heading once it stands there, unless somebody has moved the focus meanwhile. */
function onceHeading(found: (heading: HTMLElement) => void): () => void {
  const from = document.activeElement;
  const look = () => {
    const heading = document.querySelector<HTMLElement>("main h1");
    if (!heading) return false;
    const hasMoved = document.activeElement !== from && document.activeElement !== document.body;
    if (!hasMoved) found(heading);
    return true;
  };
  if (look()) return () => {};
  const watcher = new MutationObserver(() => look() && watcher.disconnect());
  watcher.observe(document.getElementById("main") ?? document.body, { childList: true, subtree: true });
  const later = setTimeout(() => watcher.disconnect(), HEADING_MS);
  return () => {
    clearTimeout(later);
    watcher.disconnect();
  };
}

export function Pages({ loaders }: { loaders: Loaders }) {
  const shown = useStore(route);
  const [page, setPage] = useState<{ of: Route["page"]; show: ComponentType<{ route: Route }> } | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let stale = false;
    setTrouble(null);
    loaders[shown.page]().then(
      (module) => !stale && setPage({ of: shown.page, show: module.default as ComponentType<{ route: Route }> }),
      (error) => !stale && setTrouble(error),
    );
    return () => {
      stale = true;
    };
  }, [shown.page, attempt, loaders]);

  // a page's code that could not be had while the gateway was away
  useEffect(() => (trouble ? onReturn(() => setAttempt((before) => before + 1)) : undefined), [trouble]);

  const address = hashOf(shown);
  const isReady = page?.of === shown.page;
  // before the effects of the page itself, whose own title comes after
  useLayoutEffect(() => {
    if (isReady) document.title = `${TITLES[shown.page]} · Andel`;
  }, [address, isReady, shown.page]);
  useEffect(() => {
    if (!isReady) return;
    const isArrival = isFirst;
    isFirst = false;
    if (isArrival) return;
    scrollTo(0, 0);
    return onceHeading((heading) => {
      heading.setAttribute("tabindex", "-1");
      heading.focus({ preventScroll: true });
      announce(heading.textContent || TITLES[shown.page]);
    });
  }, [address, isReady, shown.page]);

  if (trouble) {
    return <FailedNotice trouble={trouble} what="This part of the page" again={() => setAttempt(attempt + 1)} />;
  }
  if (!page || !isReady) return <Bones lines={6} label="Loading the page" />;
  const Show = page.show;
  return (
    <Boundary key={shown.page}>
      <Show route={shown} />
    </Boundary>
  );
}
