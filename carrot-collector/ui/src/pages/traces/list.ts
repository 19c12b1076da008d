/** The rows on the Traces page: loaded by pages, changed by push. */

import { useEffect, useReducer } from "preact/hooks";
import { ApiError, listTraces, type Row } from "../../api";
import { onLive } from "../../live";
import { apiQuery, readFilters } from "./filters";
import { append, isBelow, mergeHead, upsert } from "./merge";

const PAGE_SIZE = 50;
/** Pushed rows are shown together, this often (ms). */
const FLUSH_MS = 100;
/** A filtered list asks the collector again after a change, at most this often (ms). */
const REFETCH_MS = 250;
/** Rows up to which pushed ones are added; beyond, they wait behind a button. */
const MAX_ROWS = 1000;

export class TraceList {
  rows: Row[];
  /** Nothing was answered yet. */
  fresh = true;
  loadingMore = false;
  error: ApiError | undefined;
  /** The collector's search did not reach everything. */
  partial = false;
  /** New traces that are not shown. */
  held = 0;
  /** Where the reader was, to come back to. */
  selected: string | undefined;
  scroll = 0;

  private cursor: string | null = null;
  private readonly filtered: boolean;
  private since = Date.now();
  /** Changes not shown yet, by id; undefined for a row that goes. */
  private pushed = new Map<string, Row | undefined>();
  private flushTimer: ReturnType<typeof setTimeout> | undefined;
  private refetchTimer: ReturnType<typeof setTimeout> | undefined;
  private request: AbortController | undefined;
  private watch: () => void = () => {};

  /** `meanwhile`: the rows to show until the first answer. */
  constructor(
    readonly search: string,
    meanwhile: Row[] = [],
  ) {
    this.rows = meanwhile;
    this.filtered = apiQuery(readFilters(search), 0).size > 0;
  }

  get hasMore(): boolean {
    return this.cursor !== null;
  }

  /** Follows changes until the returned function is called. */
  start(watch: () => void): () => void {
    this.watch = watch;
    void this.reload();
    const stop = onLive({
      changed: (row) => this.push(row.id, row),
      gone: (id) => this.push(id, undefined),
      missed: () => void this.reload(),
    });
    return () => {
      stop();
      this.watch = () => {};
      this.request?.abort();
      this.request = undefined;
      this.loadingMore = false;
      clearTimeout(this.flushTimer);
      clearTimeout(this.refetchTimer);
      this.flushTimer = this.refetchTimer = undefined;
    };
  }

  /** Fetches the first page again; `fromTop` forgets everything below it. */
  async reload(fromTop = this.fresh): Promise<void> {
    this.request?.abort();
    const request = (this.request = new AbortController());
    this.since = Date.now();
    try {
      const page = await listTraces(this.query(), request.signal);
      const merged = mergeHead(fromTop ? [] : this.rows, page);
      this.rows = merged.rows;
      if (merged.replaced) this.cursor = page.next_cursor;
      this.partial = page.partial ?? false;
      this.held = 0;
      this.error = undefined;
      this.fresh = false;
    } catch (error) {
      if (request.signal.aborted) return;
      this.error = asApiError(error);
    } finally {
      if (this.request === request) this.request = undefined;
    }
    this.watch();
  }

  async more(): Promise<void> {
    if (!this.cursor || this.loadingMore || this.request) return;
    const request = (this.request = new AbortController());
    this.loadingMore = true;
    this.watch();
    try {
      const page = await listTraces(this.query(this.cursor), request.signal);
      this.rows = append(this.rows, page);
      this.cursor = page.next_cursor;
      this.error = undefined;
    } catch (error) {
      if (!request.signal.aborted) this.error = asApiError(error);
    } finally {
      if (this.request === request) this.request = undefined;
      this.loadingMore = false;
    }
    this.watch();
  }

  select(id: string | undefined): void {
    this.selected = id;
    this.watch();
  }

  private query(cursor?: string): URLSearchParams {
    const query = apiQuery(readFilters(this.search), this.since);
    query.set("limit", String(PAGE_SIZE));
    if (cursor) query.set("cursor", cursor);
    return query;
  }

  private push(id: string, row: Row | undefined): void {
    this.pushed.delete(id);
    this.pushed.set(id, row);
    this.flushTimer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  /** Shows what was pushed. Whether a filter takes a row, only the collector knows. */
  private flush(): void {
    this.flushTimer = undefined;
    if (this.request) {
      // Its answer may be older than what was pushed: that comes after it.
      this.flushTimer = setTimeout(() => this.flush(), FLUSH_MS);
      return;
    }
    const pushed = [...this.pushed];
    this.pushed.clear();
    if (this.fresh) return;
    const known = new Set(this.rows.map((row) => row.id));
    for (const [id, row] of pushed) {
      if (!row) this.rows = this.rows.filter((other) => other.id !== id);
      else if (known.has(id)) this.rows = upsert(this.rows, row);
      else if (this.filtered || (this.cursor && isBelow(this.rows, row))) continue;
      else if (this.rows.length >= MAX_ROWS) this.held += 1;
      else this.rows = upsert(this.rows, row);
    }
    if (this.filtered) this.refetchTimer ??= setTimeout(() => this.refetch(), REFETCH_MS);
    this.watch();
  }

  private refetch(): void {
    this.refetchTimer = undefined;
    // A slow answer is waited for, or a busy list would never get one.
    if (this.request) this.refetchTimer = setTimeout(() => this.refetch(), REFETCH_MS);
    else void this.reload();
  }
}

const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, "The collector sent something unreadable.");

/** The list we left for a trace, so that the way back finds it as it was. */
let left: TraceList | undefined;

export function useTraceList(search: string): TraceList {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const list = left?.search === search ? left : (left = new TraceList(search, left?.rows));
  useEffect(() => list.start(() => redraw(undefined)), [list]);
  return list;
}
