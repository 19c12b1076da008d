/** Changes by push: one EventSource for the whole page. */

import { useEffect, useState } from "preact/hooks";
import type { Row } from "./api";

export type LiveState = "connecting" | "live" | "reconnecting";

export interface LiveListener {
  /** A trace changed and is durable. */
  changed(row: Row): void;
  /** What was listed as a trace of its own turned out to be part of another. */
  gone?(id: string): void;
  /** Something was not pushed: the stream was closed meanwhile, or too slow. */
  missed(): void;
}

const REOPEN_MS = 2000;

const listeners = new Set<LiveListener>();
const watchers = new Set<(state: LiveState) => void>();
let source: EventSource | undefined;
let reopen: ReturnType<typeof setTimeout> | undefined;
let state: LiveState = "connecting";

export function startLive(): void {
  document.addEventListener("visibilitychange", () => {
    // Browsers allow six connections to one HTTP/1 origin, over all tabs: a hidden one gives its back.
    if (document.hidden) close();
    else open();
  });
  if (!document.hidden) open();
}

/** Calls back until the returned function is called. */
export function onLive(listener: LiveListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLiveState(): LiveState {
  const [shown, show] = useState(state);
  useEffect(() => {
    watchers.add(show);
    show(state);
    return () => watchers.delete(show);
  }, []);
  return shown;
}

function open(): void {
  close();
  const opened = new EventSource("/v1/live");
  source = opened;
  opened.onopen = () => {
    setState("live");
    missed();
  };
  opened.onerror = () => {
    setState("reconnecting");
    // A refused connection is retried by the browser, an answer other than 200 is not.
    if (opened.readyState === EventSource.CLOSED) reopen = setTimeout(open, REOPEN_MS);
  };
  opened.addEventListener("trace", (event: MessageEvent<string>) => {
    const row = parse(event.data) as Row | undefined;
    if (typeof row?.id === "string" && row.totals) listeners.forEach((listener) => listener.changed(row));
  });
  opened.addEventListener("gone", (event: MessageEvent<string>) => {
    const row = parse(event.data) as { id?: unknown } | undefined;
    const id = row?.id;
    if (typeof id === "string") listeners.forEach((listener) => listener.gone?.(id));
  });
  opened.addEventListener("refresh", missed);
}

function missed(): void {
  listeners.forEach((listener) => listener.missed());
}

function close(): void {
  clearTimeout(reopen);
  source?.close();
  source = undefined;
}

function setState(next: LiveState): void {
  state = next;
  for (const watcher of watchers) watcher(next);
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data) ?? undefined;
  } catch {
    return undefined;
  }
}
