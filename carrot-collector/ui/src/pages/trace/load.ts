/** The open trace: fetched, and fetched again when it changes. */

import { useEffect, useState } from "preact/hooks";
import { ApiError, getTrace, type Row, type Span } from "../../api";
import { onLive } from "../../live";

export interface Loaded {
  trace: Span | undefined;
  error: ApiError | undefined;
  reload(): void;
}

/** A change is fetched after this many ms, or after as long as the last fetch took. */
const REFETCH_MS = 200;

export function useTrace(id: string): Loaded {
  const [state, setState] = useState<Omit<Loaded, "reload">>({ trace: undefined, error: undefined });
  const [loader] = useState(() => new Loader(id, setState));
  useEffect(() => loader.start(), [loader]);
  return { ...state, reload: () => loader.load() };
}

class Loader {
  private request: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private trace: Span | undefined;
  private took = 0;

  constructor(
    private readonly id: string,
    private readonly show: (state: Omit<Loaded, "reload">) => void,
  ) {}

  start(): () => void {
    this.load();
    const stop = onLive({
      changed: (row) => this.concerns(row) && this.soon(),
      missed: () => this.load(),
    });
    return () => {
      stop();
      this.request?.abort();
      clearTimeout(this.timer);
    };
  }

  load(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.request?.abort();
    const request = (this.request = new AbortController());
    const began = performance.now();
    getTrace(this.id, request.signal)
      .then((trace) => {
        this.trace = trace;
        this.show({ trace, error: undefined });
      })
      .catch((error: unknown) => {
        if (request.signal.aborted) return;
        const shown = error instanceof ApiError ? error : new ApiError(0, "The collector sent something unreadable.");
        this.show({ trace: this.trace, error: shown });
      })
      .finally(() => (this.took = performance.now() - began));
  }

  /** The row is the root's; the page may be open at a span below it, or by another name of it. */
  private concerns(row: Row): boolean {
    if (!this.trace) return prefix(row.id) === prefix(this.id) || row.external_id === this.id;
    return row.id === this.trace.id || (row.trace_id !== undefined && row.trace_id === this.trace.trace_id);
  }

  private soon(): void {
    this.timer ??= setTimeout(() => this.load(), Math.max(REFETCH_MS, this.took));
  }
}

/** The half of a record's id that all spans of a trace share. */
const prefix = (id: string): string => id.replaceAll("-", "").slice(0, 16).toLowerCase();
