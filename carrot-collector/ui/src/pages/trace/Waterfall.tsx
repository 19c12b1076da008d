/** The tree beside its time: one row a span, and only the rows on screen in the document. */

import "./waterfall.css";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { tick } from "../../format";
import { useNow } from "../../now";
import { Icon } from "../../parts/Icon";
import { DEEPEST, SpanRow, type Axis } from "./SpanRow";
import { ticks, type Node, type Tree } from "./tree";

/** Height of a row, and of the axis above them, in pixels; the style sheet has it too, as `--row`. */
const ROW = 30;
/** Rows drawn beyond the screen, above and below. */
const SPARE = 12;
/** Indent of one level, and of all together, in pixels. */
const INDENT = 16;
const INDENTS = 144;

interface Props {
  tree: Tree;
  visible: Node[];
  selected: Node;
  collapsed: ReadonlySet<string>;
  select(node: Node): void;
  toggle(node: Node): void;
  toggleAll(): void;
}

export function Waterfall({ tree, visible, selected, collapsed, select, toggle, toggleAll }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const now = useNow(tree.running ? 250 : null);
  const axis = axisOf(tree, now);

  useEffect(() => {
    const box = scroller.current!;
    const look = () => setView({ top: box.scrollTop, height: box.clientHeight });
    const resized = new ResizeObserver(look);
    resized.observe(box);
    box.addEventListener("scroll", look, { passive: true });
    return () => {
      resized.disconnect();
      box.removeEventListener("scroll", look);
    };
  }, []);

  const at = visible.indexOf(selected);
  useLayoutEffect(() => {
    if (at >= 0) reveal(scroller.current!, at);
  }, [selected.span.id]);

  const first = Math.max(0, Math.floor(view.top / ROW) - SPARE);
  const last = Math.min(visible.length, Math.ceil((view.top + view.height) / ROW) + SPARE);
  const drawn = visible.slice(first, last);
  const folds = tree.nodes.some((node) => node !== tree.root && node.children.length > 0);
  const deepest = useMemo(() => visible.reduce((most, node) => Math.max(most, Math.min(node.depth, DEEPEST)), 0), [visible]);
  const foldAll = collapsed.size ? "Expand all" : "Collapse all";
  return (
    <section ref={scroller} class="waterfall" aria-label="Spans">
      <div class="axis">
        <div class="axis-title">
          Span
          {folds && (
            <button class="icon-button" type="button" onClick={toggleAll} aria-label={foldAll} title={foldAll}>
              <Icon name={collapsed.size ? "expand" : "collapse"} />
            </button>
          )}
        </div>
        <div class="axis-time" aria-hidden="true">
          <Ticks axis={axis} labels />
        </div>
      </div>
      <div
        class="rows"
        role="treegrid"
        aria-label="Spans of this trace"
        aria-rowcount={visible.length}
        aria-activedescendant={at >= first && at < last ? rowId(at) : undefined}
        tabIndex={0}
        style={{
          paddingTop: `${first * ROW}px`,
          paddingBottom: `${(visible.length - last) * ROW}px`,
          "--step": `${Math.min(INDENT, INDENTS / deepest)}px`,
        }}
      >
        <div class="grid" role="presentation">
          <Ticks axis={axis} />
        </div>
        {drawn.map((node, index) => (
          <SpanRow
            key={node.span.id}
            id={rowId(first + index)}
            index={first + index}
            node={node}
            axis={axis}
            selected={node === selected}
            open={!collapsed.has(node.span.id)}
            select={select}
            toggle={toggle}
          />
        ))}
      </div>
    </section>
  );
}

const rowId = (index: number) => `span-row-${index}`;

function axisOf(tree: Tree, now: number): Axis {
  const end = tree.running ? Math.max(tree.end, now) : tree.end;
  return { start: tree.start, end, length: Math.max(end - tree.start, 0.001) };
}

/** Scrolls as little as brings the row, and one beside it, below the axis and on screen. */
function reveal(box: HTMLElement, index: number): void {
  const above = Math.max(0, (index - 1) * ROW);
  const below = (index + 3) * ROW - box.clientHeight;
  if (box.scrollTop > above) box.scrollTop = above;
  else if (box.scrollTop < below) box.scrollTop = below;
}

function Ticks({ axis, labels }: { axis: Axis; labels?: boolean }) {
  return (
    <div class="ticks">
      {ticks(axis.length, 5).map((at) => (
        <i key={at} style={{ left: `${(at / axis.length) * 100}%` }}>
          {labels && tick(at)}
        </i>
      ))}
    </div>
  );
}
