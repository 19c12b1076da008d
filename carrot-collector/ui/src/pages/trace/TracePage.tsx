/** One trace: its tree and time, and the chosen span beside them. */

import "./trace.css";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Span } from "../../api";
import { clip, count } from "../../format";
import { useKeys } from "../../keys";
import { Notice } from "../../parts/Notice";
import { Splitter, useSplit } from "../../parts/Splitter";
import { listPath, navigate, replaceQuery } from "../../route";
import { Detail } from "./Detail";
import { useTrace, type Loaded } from "./load";
import { TraceHeader } from "./TraceHeader";
import { buildTree, firstCollapsed, nextError, visibleNodes, type Node, type Tree } from "./tree";
import { Waterfall } from "./Waterfall";

export function TracePage({ id, search }: { id: string; search: string }) {
  const loaded = useTrace(id);
  const { trace, error, reload } = loaded;
  useLayoutEffect(() => scrollTo({ top: 0, behavior: "instant" }), []);
  useKeys({ u: () => navigate(listPath()) });
  useEffect(() => {
    document.title = trace ? `${clip(trace.name || id)} · Carrot` : "Trace · Carrot";
  }, [trace, id]);
  if (!trace) return <Absent id={id} loaded={loaded} />;
  return (
    <main class="trace">
      <TraceHeader trace={trace} />
      {error && (
        <p class="hint" data-tone="error" role="alert">
          {error.message} What is below may be out of date.{" "}
          <button class="link" type="button" onClick={reload}>
            Try again
          </button>
        </p>
      )}
      <Panes trace={trace} search={search} />
    </main>
  );
}

function Absent({ id, loaded: { error, reload } }: { id: string; loaded: Loaded }) {
  if (!error)
    return (
      <main>
        <div class="loading" role="status" aria-label="Loading" />
      </main>
    );
  const missing = error.status === 404;
  return (
    <main>
      <Notice title={missing ? "There is no such trace" : "The trace could not be loaded"} tone={missing ? undefined : "error"}>
        <p>
          {missing ? (
            <>
              Nothing is stored under <code>{clip(id)}</code>. If it is still on its way, it will open here.
            </>
          ) : (
            error.message
          )}
        </p>
        <p class="actions">
          <button class="button" type="button" onClick={reload}>
            Try again
          </button>
          <a class="button" href={listPath()}>
            All traces
          </a>
        </p>
      </Notice>
    </main>
  );
}

function Panes({ trace, search }: { trace: Span; search: string }) {
  const tree = useMemo(() => buildTree(trace), [trace]);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(() => firstCollapsed(tree));
  const { split, setSplit } = useSplit();
  const wanted = new URLSearchParams(search).get("span");
  const selected = (wanted && tree.byId.get(wanted)) || tree.root;
  const shown = useMemo(() => withoutAncestors(collapsed, selected), [collapsed, selected]);
  const visible = useMemo(() => visibleNodes(tree, shown), [tree, shown]);

  const select = (node: Node) => {
    const query = new URLSearchParams(search);
    query.set("span", node.span.id);
    replaceQuery(query);
  };
  const fold = (node: Node, closed: boolean) => {
    const next = new Set(shown);
    if (closed) next.add(node.span.id);
    else next.delete(node.span.id);
    setCollapsed(next);
    if (closed && isBelow(selected, node)) select(node);
  };
  const toggleAll = () => {
    if (shown.size) return setCollapsed(new Set());
    setCollapsed(new Set(tree.nodes.filter((node) => node !== tree.root && node.children.length).map((node) => node.span.id)));
    select(tree.root);
  };
  useTreeKeys({ tree, visible, selected, collapsed: shown, select, fold });

  return (
    <div class="panes" style={{ "--split": `${split}%` }}>
      <div class="pane">
        {trace.truncated && <p class="hint">This trace is very large: these are its first {count(tree.nodes.length)} spans.</p>}
        <Waterfall
          tree={tree}
          visible={visible}
          selected={selected}
          collapsed={shown}
          select={select}
          toggle={(node) => fold(node, !shown.has(node.span.id))}
          toggleAll={toggleAll}
        />
      </div>
      <Splitter split={split} setSplit={setSplit} />
      <Detail key={selected.span.id} span={selected.span} offset={selected.start - tree.start} />
    </div>
  );
}

interface TreeKeys {
  tree: Tree;
  visible: Node[];
  selected: Node;
  collapsed: ReadonlySet<string>;
  select(node: Node): void;
  fold(node: Node, closed: boolean): void;
}

function useTreeKeys({ tree, visible, selected, collapsed, select, fold }: TreeKeys): void {
  const go = (node: Node | undefined) => node && select(node);
  const step = (by: number) => go(visible[visible.indexOf(selected) + by]);
  // In the detail panel the arrows scroll.
  const inTree = (run: () => void) => (event: KeyboardEvent) => {
    if ((event.target as Element).closest?.(".detail")) return;
    event.preventDefault();
    run();
  };
  const closes = selected.children.length > 0 && !collapsed.has(selected.span.id);
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    e: () => go(nextError(tree, selected)),
    ArrowDown: inTree(() => step(1)),
    ArrowUp: inTree(() => step(-1)),
    ArrowLeft: inTree(() => (closes ? fold(selected, true) : go(selected.parent))),
    ArrowRight: inTree(() => (closes || !selected.children.length ? go(selected.children[0]) : fold(selected, false))),
    Home: inTree(() => go(visible[0])),
    End: inTree(() => go(visible.at(-1))),
  });
}

/** The chosen span is always on show. */
function withoutAncestors(collapsed: ReadonlySet<string>, node: Node): ReadonlySet<string> {
  const open = new Set(collapsed);
  for (let above = node.parent; above; above = above.parent) open.delete(above.span.id);
  return open.size === collapsed.size ? collapsed : open;
}

function isBelow(node: Node, above: Node): boolean {
  for (let at = node.parent; at; at = at.parent) if (at === above) return true;
  return false;
}
