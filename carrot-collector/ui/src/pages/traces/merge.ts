/** Rows of the list, newest first, as pages and pushed changes come together. */

import type { Page, Row } from "../../api";
import { parseTime } from "../../format";

/** Negative when `a` is shown above `b`. */
function order(a: Row, b: Row): number {
  return parseTime(b.started_at) - parseTime(a.started_at) || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1);
}

/** A fresh first page over what is shown: it decides for its stretch of time, older rows stay. */
export function mergeHead(rows: Row[], page: Page): { rows: Row[]; replaced: boolean } {
  const last = page.traces.at(-1);
  if (!page.next_cursor || !last) return { rows: page.traces, replaced: true };
  const fresh = new Set(page.traces.map((row) => row.id));
  const older = rows.filter((row) => !fresh.has(row.id) && order(last, row) < 0);
  return { rows: [...page.traces, ...older], replaced: older.length === 0 };
}

/** The next page below what is shown. */
export function append(rows: Row[], page: Page): Row[] {
  const known = new Set(rows.map((row) => row.id));
  return [...rows, ...page.traces.filter((row) => !known.has(row.id))];
}

/** A changed row in its place, or a new one where its time puts it. */
export function upsert(rows: Row[], row: Row): Row[] {
  const at = rows.findIndex((other) => other.id === row.id);
  if (at >= 0 && rows[at]!.started_at === row.started_at) return rows.with(at, row);
  const others = at >= 0 ? rows.toSpliced(at, 1) : rows;
  const below = others.findIndex((other) => order(row, other) < 0);
  return others.toSpliced(below < 0 ? others.length : below, 0, row);
}

/** Whether the row is older than all that is shown, so that paging will bring it. */
export const isBelow = (rows: Row[], row: Row): boolean => {
  const last = rows.at(-1);
  return last !== undefined && order(last, row) < 0;
};
