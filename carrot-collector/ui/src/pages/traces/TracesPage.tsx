/** All traces, newest first, narrowed by the filters in the URL. */

import "./traces.css";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { isControl, useKeys } from "../../keys";
import { Icon } from "../../parts/Icon";
import { Notice } from "../../parts/Notice";
import { plural } from "../../format";
import { navigate, rememberList, replaceQuery, tracePath } from "../../route";
import { FilterBar } from "./FilterBar";
import { FirstTrace } from "./FirstTrace";
import { chipsOf, readFilters, writeFilters, type Filters } from "./filters";
import { useTraceList, type TraceList } from "./list";
import { TraceTable } from "./TraceTable";
import { useSteadyScroll } from "./steady";

const apply = (next: Filters) => replaceQuery(writeFilters(next));

export function TracesPage({ search }: { search: string }) {
  const list = useTraceList(search);
  const filters = useMemo(() => readFilters(search), [search]);
  const table = useRef<HTMLDivElement>(null);

  useEffect(() => {
    document.title = "Traces · Carrot";
    rememberList(search);
  }, [search]);
  useScrollMemory(list);
  useSteadyScroll(table, list.rows);
  useListKeys(list, table);

  return (
    <main class="traces">
      <h1 class="sr-only">Traces</h1>
      <FilterBar filters={filters} rows={list.rows} apply={apply} />
      {list.partial && <p class="hint">This search reached only the newest traces; narrow the time range to reach further.</p>}
      {list.error && !list.fresh && <StaleHint list={list} />}
      <div ref={table} class="list" data-stale={list.fresh || undefined}>
        <Body list={list} filters={filters} />
      </div>
    </main>
  );
}

function Body({ list, filters }: { list: TraceList; filters: Filters }) {
  const pickTag = useCallback((tag: string) => apply({ ...filters, tags: [...new Set([...filters.tags, tag])] }), [filters]);
  const pickModel = useCallback((model: string) => apply({ ...filters, model }), [filters]);
  if (list.fresh && list.error)
    return (
      <Notice title={list.error.status ? "The collector refused this" : "The collector is away"} tone="error">
        {list.error.status ? (
          <p>{list.error.message}</p>
        ) : (
          <p>
            Is <code>carrot serve</code> running? This page comes back by itself when it is.
          </p>
        )}
        <button class="button" type="button" onClick={() => void list.reload()}>
          Try again
        </button>
      </Notice>
    );
  if (list.fresh && !list.rows.length) return <div class="loading" role="status" aria-label="Loading" />;
  if (list.rows.length)
    return (
      <>
        {list.held > 0 && (
          <button class="button held" type="button" onClick={() => void list.reload(true).then(() => scrollTo({ top: 0 }))}>
            <Icon name="up" /> {plural(list.held, "newer trace")}
          </button>
        )}
        <TraceTable rows={list.rows} selected={list.selected} pickTag={pickTag} pickModel={pickModel} />
        <More list={list} />
      </>
    );
  if (!chipsOf(filters).length) return <FirstTrace />;
  return (
    <Notice title="No trace matches">
      <p>No trace passes all the filters above. New ones that do will appear here.</p>
      <button class="button" type="button" onClick={() => apply(readFilters(""))}>
        Clear the filters
      </button>
    </Notice>
  );
}

function StaleHint({ list }: { list: TraceList }) {
  return (
    <p class="hint" data-tone="error" role="alert">
      {list.error?.message} What is below may be out of date.{" "}
      <button class="link" type="button" onClick={() => void list.reload()}>
        Try again
      </button>
    </p>
  );
}

/** Loads the next page when its button comes near the screen. */
function More({ list }: { list: TraceList }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!button.current) return;
    const near = new IntersectionObserver(([entry]) => entry?.isIntersecting && !list.error && void list.more(), {
      rootMargin: "400px",
    });
    near.observe(button.current);
    return () => near.disconnect();
  });
  if (!list.hasMore) return <p class="end">{plural(list.rows.length, "trace")}</p>;
  return (
    <p class="end">
      <button ref={button} class="button" type="button" disabled={list.loadingMore} onClick={() => void list.more()}>
        {list.loadingMore ? "Loading…" : "Load more"}
      </button>
    </p>
  );
}

function useScrollMemory(list: TraceList): void {
  useLayoutEffect(() => {
    scrollTo({ top: list.scroll, behavior: "instant" });
    const keep = () => (list.scroll = scrollY);
    addEventListener("scroll", keep, { passive: true });
    return () => removeEventListener("scroll", keep);
  }, [list]);
}

/** The selected row is the focused one: Enter, screen readers and the eye agree. */
function useListKeys(list: TraceList, table: { current: HTMLElement | null }): void {
  const rowOf = (id: string) => table.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
  const move = (step: number) => (event: KeyboardEvent) => {
    const at = list.rows.findIndex((row) => row.id === list.selected);
    const next = list.rows[at < 0 ? 0 : Math.max(0, Math.min(list.rows.length - 1, at + step))];
    if (!next) return;
    event.preventDefault();
    list.select(next.id);
    const row = rowOf(next.id);
    row?.querySelector("a")?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  };
  useKeys({
    j: move(1),
    k: move(-1),
    ArrowDown: move(1),
    ArrowUp: move(-1),
    Enter: (event) => {
      if (list.selected && !isControl(event.target)) navigate(tracePath(list.selected));
    },
    Escape: () => {
      list.select(undefined);
      (document.activeElement as HTMLElement | null)?.blur();
    },
  });
}
