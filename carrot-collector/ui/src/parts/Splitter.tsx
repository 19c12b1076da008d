/** The line between two panels: dragged, or moved with the arrow keys; its place is kept. */

import "./splitter.css";
import { useState } from "preact/hooks";
import { kept } from "../memory";

const KEY = "carrot.split";
const FIRST = 56;
const MIN = 25;
const MAX = 75;
const STEP = 2;

/** The left panel's share of the width, in percent. */
export function useSplit(): { split: number; setSplit(percent: number): void } {
  const [split, set] = useState(() => clamp(Number(kept.get(KEY) ?? FIRST)));
  const setSplit = (percent: number) => {
    const next = clamp(percent);
    kept.set(KEY, String(next));
    set(next);
  };
  return { split, setSplit };
}

export function Splitter({ split, setSplit }: { split: number; setSplit(percent: number): void }) {
  const drag = (event: PointerEvent) => {
    const line = event.currentTarget as HTMLElement;
    const { left, width } = line.parentElement!.getBoundingClientRect();
    line.setPointerCapture(event.pointerId);
    line.onpointermove = (move) => setSplit(((move.clientX - left) / width) * 100);
    line.onpointerup = line.onpointercancel = () => {
      line.onpointermove = null;
      // Or the arrow keys would go on moving the line, and not through the tree.
      line.blur();
    };
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    setSplit(split + step);
  };
  return (
    <div
      class="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the panels"
      aria-valuenow={Math.round(split)}
      aria-valuemin={MIN}
      aria-valuemax={MAX}
      tabIndex={0}
      onPointerDown={drag}
      onKeyDown={press}
      onDblClick={() => setSplit(FIRST)}
    />
  );
}

const clamp = (percent: number) => (Number.isFinite(percent) ? Math.min(MAX, Math.max(MIN, percent)) : FIRST);
