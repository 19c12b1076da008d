/** Two routes over the history API: `/` and `/traces/{id}`. */

import { useEffect, useState } from "preact/hooks";
import { tab } from "./memory";

export type Route = { page: "traces" } | { page: "trace"; id: string } | { page: "missing" };

const watchers = new Set<() => void>();
const changed = () => watchers.forEach((watch) => watch());

export function startRouting(): void {
  history.scrollRestoration = "manual";
  addEventListener("popstate", changed);
  document.addEventListener("click", followLink);
}

export function navigate(url: string): void {
  history.pushState(null, "", url);
  changed();
}

/** Rewrites the query of the page we are on, without a new history entry. */
export function replaceQuery(query: URLSearchParams): void {
  const text = query.toString();
  history.replaceState(null, "", location.pathname + (text && `?${text}`));
  changed();
}

/** The path and query, current through every change. */
export function useLocation(): { path: string; search: string } {
  const [at, set] = useState(here);
  useEffect(() => {
    const watch = () => set(here());
    watchers.add(watch);
    watch();
    return () => watchers.delete(watch);
  }, []);
  return at;
}

const here = () => ({ path: location.pathname, search: location.search });

export function routeOf(path: string): Route {
  if (path === "/" || path === "/index.html") return { page: "traces" };
  const id = /^\/traces\/([^/]+)\/?$/.exec(path)?.[1];
  if (!id) return { page: "missing" };
  try {
    return { page: "trace", id: decodeURIComponent(id) };
  } catch {
    return { page: "missing" };
  }
}

export const tracePath = (id: string): string => `/traces/${encodeURIComponent(id)}`;

const LIST_KEY = "carrot.list";

/** The Traces page with the filters it was left with. */
export const listPath = (): string => `/${tab.get(LIST_KEY) ?? ""}`;

export const rememberList = (search: string): void => tab.set(LIST_KEY, search);

/** Turns a plain click on a link of ours into a change of route. */
function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest("a");
  if (!link || link.target || link.origin !== location.origin) return;
  if (routeOf(link.pathname).page === "missing") return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}
