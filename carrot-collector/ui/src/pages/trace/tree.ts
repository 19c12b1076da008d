/** A trace as rows: spans in order, their depth, and where they lie in time. */

import type { Span } from "../../api";
import { metaNumber, parseTime } from "../../format";

export interface Node {
  span: Span;
  parent: Node | undefined;
  children: Node[];
  depth: number;
  /** Position among its siblings, from 1, and how many they are. */
  position: number;
  siblings: number;
  /** Milliseconds since 1970; the end of what still runs is open. */
  start: number;
  end: number | undefined;
}

export interface Tree {
  root: Node;
  /** Every node, parents before their children. */
  nodes: Node[];
  byId: Map<string, Node>;
  start: number;
  /** The last moment that is known. */
  end: number;
  running: boolean;
}

/** Walks without recursion: how deep a trace goes is up to its sender. */
export function buildTree(span: Span): Tree {
  const root = nodeOf(span, undefined, 1, 1);
  const nodes: Node[] = [];
  const todo = [root];
  for (let node = todo.pop(); node; node = todo.pop()) {
    nodes.push(node);
    const spans = node.span.children ?? [];
    const parent = node;
    node.children = spans.map((child, index) => nodeOf(child, parent, index + 1, spans.length));
    for (let at = node.children.length - 1; at >= 0; at--) todo.push(node.children[at]!);
  }
  let { start } = root;
  let end = start;
  let running = false;
  for (const node of nodes) {
    start = Math.min(start, node.start);
    end = Math.max(end, node.end ?? node.start);
    running ||= node.end === undefined;
  }
  return { root, nodes, byId: new Map(nodes.map((node) => [node.span.id, node])), start, end, running };
}

function nodeOf(span: Span, parent: Node | undefined, position: number, siblings: number): Node {
  const told = parseTime(span.started_at);
  const start = Number.isNaN(told) ? (parent?.start ?? 0) : told;
  return {
    span,
    parent,
    children: [],
    depth: parent ? parent.depth + 1 : 0,
    position,
    siblings,
    start,
    end: endOf(span, start),
  };
}

function endOf(span: Span, start: number): number | undefined {
  const told = parseTime(span.ended_at);
  if (!Number.isNaN(told)) return Math.max(told, start);
  return span.status === "running" ? undefined : start + (metaNumber(span, "latency_ms") ?? 0);
}

/** The nodes that no collapsed ancestor hides. */
export function visibleNodes(tree: Tree, collapsed: ReadonlySet<string>): Node[] {
  const visible: Node[] = [];
  let hiddenBelow = Infinity;
  for (const node of tree.nodes) {
    if (node.depth > hiddenBelow) continue;
    hiddenBelow = collapsed.has(node.span.id) ? node.depth : Infinity;
    visible.push(node);
  }
  return visible;
}

/** What a large trace hides at first: everything below its second level. */
export function firstCollapsed(tree: Tree): Set<string> {
  if (tree.nodes.length <= 300) return new Set();
  return new Set(tree.nodes.filter((node) => node.depth >= 1 && node.children.length).map((node) => node.span.id));
}

/** The next span in error after `from`, going round. */
export function nextError(tree: Tree, from: Node): Node | undefined {
  const at = tree.nodes.indexOf(from);
  const failed = (node: Node) => node.span.status === "error";
  return tree.nodes.slice(at + 1).find(failed) ?? tree.nodes.slice(0, at).find(failed);
}

/** Round marks on a time axis, in milliseconds from its start: about `wanted` of them. */
export function ticks(length: number, wanted: number): number[] {
  if (!(length > 0)) return [0];
  const rough = length / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}
