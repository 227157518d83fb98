// Which page is shown: watches the hash, loads the page's code, moves the focus to its heading and tells its title.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Bones } from "../parts/Bones";
import { FailedNotice } from "../parts/Notice";
import { announce } from "../parts/toasts";
import { createStore, useStore } from "../state";
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

  const address = hashOf(shown);
  const isReady = page?.of === shown.page;
  useEffect(() => {
    if (!isReady) return;
    document.title = `${TITLES[shown.page]} · Andel`;
    if (!isFirst) {
      scrollTo(0, 0);
      const heading = document.querySelector<HTMLElement>("main h1");
      heading?.setAttribute("tabindex", "-1");
      heading?.focus({ preventScroll: true });
      announce(`${heading?.textContent || TITLES[shown.page]}`);
    }
    isFirst = false;
  }, [address, isReady, shown.page]);

  if (trouble) {
    return <FailedNotice trouble={trouble} what="This part of the page" again={() => setAttempt(attempt + 1)} />;
  }
  if (!page || !isReady) return <Bones lines={6} label="Loading the page" />;
  const Show = page.show;
  return <Show route={shown} key={shown.page} />;
}
