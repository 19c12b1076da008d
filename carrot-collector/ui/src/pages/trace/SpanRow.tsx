/** One span: its place in the tree, and its bar on the shared axis of time. */

import { clip, duration, metaNumber, metaText, parseTime } from "../../format";
import { Icon, KindIcon } from "../../parts/Icon";
import { LevelMark } from "../../parts/Labels";
import { readEvent } from "./Events";
import type { Node } from "./tree";

/** The time all bars share, in milliseconds since 1970. */
export interface Axis {
  start: number;
  end: number;
  length: number;
}

/** Levels beyond this are not indented further. */
export const DEEPEST = 24;

interface Props {
  id: string;
  index: number;
  node: Node;
  axis: Axis;
  selected: boolean;
  open: boolean;
  select(node: Node): void;
  toggle(node: Node): void;
}

export function SpanRow({ id, index, node, axis, selected, open, select, toggle }: Props) {
  const { span, children, depth } = node;
  const model = metaText(span, "model") ?? metaText(span, "request_model");
  const fold = (event: MouseEvent) => {
    event.stopPropagation();
    toggle(node);
  };
  return (
    <div
      id={id}
      class="span-row"
      role="row"
      data-span={span.id}
      data-kind={span.kind}
      data-status={span.status}
      aria-rowindex={index + 1}
      aria-level={depth + 1}
      aria-posinset={node.position}
      aria-setsize={node.siblings}
      aria-expanded={children.length ? open : undefined}
      aria-selected={selected}
      onClick={() => select(node)}
      onDblClick={() => children.length && toggle(node)}
    >
      <div class="span-name" role="gridcell" style={{ "--depth": String(Math.min(depth, DEEPEST)) }}>
        {children.length ? (
          <button class="fold" type="button" tabIndex={-1} onClick={fold} aria-label={open ? "Collapse" : "Expand"} data-open={open || undefined}>
            <Icon name="chevron" />
          </button>
        ) : (
          <span class="fold" />
        )}
        <KindIcon kind={span.kind} />
        <span class="label">{clip(span.name || "(no name)")}</span>
        <LevelMark level={span.level} short />
        {!open && <small class="folded">{children.length}</small>}
        {model && <small class="of-model">{clip(model, 80)}</small>}
      </div>
      <div class="span-time" role="gridcell" aria-label={spoken(node, axis)}>
        <Bar node={node} axis={axis} />
      </div>
    </div>
  );
}

function Bar({ node, axis }: { node: Node; axis: Axis }) {
  const end = node.end ?? Math.max(axis.end, node.start);
  const length = end - node.start;
  const left = ((node.start - axis.start) / axis.length) * 100;
  const width = (length / axis.length) * 100;
  const first = metaNumber(node.span, "ttft_ms");
  const wait = first !== undefined && length > 0 && first <= length ? (first / length) * 100 : undefined;
  return (
    <div class="track">
      <div
        class="bar"
        data-open={node.end === undefined || undefined}
        data-wait={wait !== undefined || undefined}
        style={{ left: `${left}%`, width: `${width}%` }}
      >
        {wait !== undefined && <i class="wait" style={{ width: `${wait}%` }} title={`First token after ${duration(first!)}`} />}
      </div>
      <Moments node={node} axis={axis} />
      <span class="took" style={{ left: `${left + width}%` }}>
        {duration(length)}
      </span>
    </div>
  );
}

/** Events of one span that are marked on its bar. */
const MOST_MOMENTS = 50;

function Moments({ node, axis }: { node: Node; axis: Axis }) {
  const { events } = node.span;
  if (!Array.isArray(events)) return null;
  return (
    <>
      {events.slice(0, MOST_MOMENTS).map((item, index) => {
        const { name, time, level } = readEvent(item);
        const at = ((parseTime(time) - axis.start) / axis.length) * 100;
        if (!(at >= 0 && at <= 100)) return null;
        return <i key={index} class="moment" data-level={level} style={{ left: `${at}%` }} title={clip(name)} />;
      })}
    </>
  );
}

function spoken(node: Node, axis: Axis): string {
  const starts = `starts at ${duration(node.start - axis.start)}`;
  const { status } = node.span;
  return node.end === undefined ? `${starts}, running` : `${starts}, took ${duration(node.end - node.start)}, ${status}`;
}
