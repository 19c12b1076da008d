/** Keeps what is being read in place while rows come in above it. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Row } from "../../api";

/** Moves the scroll by as much as the first visible row moved, in browsers with and without scroll anchoring. */
export function useSteadyScroll(table: { current: HTMLElement | null }, rows: Row[]): void {
  const anchor = useRef<{ row: Element; top: number } | undefined>(undefined);
  const drawn = useRef(rows);

  // Before the new rows reach the document.
  if (drawn.current !== rows) {
    anchor.current = scrollY > 0 ? firstVisible(table.current) : undefined;
    drawn.current = rows;
  }

  useLayoutEffect(() => {
    const kept = anchor.current;
    anchor.current = undefined;
    if (!kept?.row.isConnected) return;
    const moved = kept.row.getBoundingClientRect().top - kept.top;
    if (moved) scrollBy({ top: moved, behavior: "instant" });
  }, [rows]);
}

function firstVisible(table: HTMLElement | null): { row: Element; top: number } | undefined {
  for (const row of table?.querySelectorAll("[data-id]") ?? []) {
    const { top, bottom } = row.getBoundingClientRect();
    if (bottom > 0) return { row, top };
  }
  return undefined;
}
