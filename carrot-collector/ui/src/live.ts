/** Changes by push: one EventSource for the whole page. */

import { useEffect, useState } from "preact/hooks";
import type { Row } from "./api";

export type LiveState = "connecting" | "live" | "reconnecting";

export interface LiveListener {
  /** A trace changed and is durable. */
  changed(row: Row): void;
  /** The stream is open, perhaps again: what happened meanwhile was not pushed. */
  opened(): void;
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
    for (const listener of listeners) listener.opened();
  };
  opened.onerror = () => {
    setState("reconnecting");
    // A refused connection is retried by the browser, an answer other than 200 is not.
    if (opened.readyState === EventSource.CLOSED) reopen = setTimeout(open, REOPEN_MS);
  };
  opened.addEventListener("trace", (event: MessageEvent<string>) => {
    const row = parseRow(event.data);
    if (row) for (const listener of listeners) listener.changed(row);
  });
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

function parseRow(data: string): Row | undefined {
  try {
    const row = JSON.parse(data) as Row | null;
    return typeof row?.id === "string" && typeof row.totals === "object" ? row : undefined;
  } catch {
    return undefined;
  }
}
