// The addresses of the page, all behind `#`, so that one file serves them and no server needs to know them.
export type Route =
  | { readonly page: "catalogue" | "ask" | "share" | "offering" | "operator" }
  | { readonly page: "votes"; readonly id: string | null }
  | { readonly page: "model"; readonly address: string | null }
  | { readonly page: "audit"; readonly answer: string | null }
  | { readonly page: "nowhere"; readonly path: string };

/** The route that a location's hash names. */
export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#/, "").split("?")[0] || "/";
  const [first = "", second = "", ...more] = path.split("/").filter(Boolean);
  if (more.length) return { page: "nowhere", path };
  switch (first) {
    case "":
      return { page: "catalogue" };
    case "ask":
    case "share":
    case "offering":
    case "operator":
      return second ? { page: "nowhere", path } : { page: first };
    case "model":
      if (!second) return { page: "model", address: null };
      return /^0x[0-9a-fA-F]{40}$/.test(second) ? { page: "model", address: second } : { page: "nowhere", path };
    case "votes":
      if (!second) return { page: "votes", id: null };
      return /^\d{1,78}$/.test(second) ? { page: "votes", id: second } : { page: "nowhere", path };
    case "audit":
      if (!second) return { page: "audit", answer: null };
      return /^[A-Za-z0-9_-]+$/.test(second) ? { page: "audit", answer: second } : { page: "nowhere", path };
    default:
      return { page: "nowhere", path };
  }
}

/** The hash of a route; `parseRoute` of it gives the route again. */
export function hashOf(route: Route): string {
  switch (route.page) {
    case "catalogue":
      return "#/";
    case "votes":
      return route.id ? `#/votes/${route.id}` : "#/votes";
    case "model":
      return route.address ? `#/model/${route.address}` : "#/model";
    case "audit":
      return route.answer ? `#/audit/${route.answer}` : "#/audit";
    case "nowhere":
      return `#${route.path}`;
    default:
      return `#/${route.page}`;
  }
}

export const TITLES: Readonly<Record<Route["page"], string>> = {
  catalogue: "Models",
  model: "Model",
  ask: "Ask",
  share: "My share",
  offering: "Offering",
  votes: "Votes",
  operator: "Operator",
  audit: "Audit",
  nowhere: "Not found",
};
