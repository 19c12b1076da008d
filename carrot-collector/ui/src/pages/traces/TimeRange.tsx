/** The date range: quick ones, or two moments in the reader's time zone. */

import { useState } from "preact/hooks";
import { RANGES, type Filters } from "./filters";

interface Props {
  filters: Filters;
  apply(next: Filters): void;
}

export function TimeRange({ filters, apply }: Props) {
  const [picking, setPicking] = useState(false);
  const custom = picking || Boolean(filters.from || filters.to);
  const choose = (range: string) => {
    setPicking(range === "custom");
    if (range !== "custom") apply({ ...filters, range, from: "", to: "" });
  };
  const edge = (key: "from" | "to", label: string) => (
    <input
      class="field"
      type="datetime-local"
      aria-label={label}
      title={label}
      value={toLocal(filters[key])}
      onChange={(event) => apply({ ...filters, range: "", [key]: fromLocal(event.currentTarget.value) })}
    />
  );
  return (
    <>
      <select
        class="field"
        aria-label="Time range"
        value={custom ? "custom" : filters.range}
        data-set={custom || filters.range !== "" || undefined}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">Any time</option>
        {Object.entries(RANGES).map(([key, { label }]) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
        <option value="custom">Between…</option>
      </select>
      {custom && edge("from", "Started at or after")}
      {custom && edge("to", "Started before")}
    </>
  );
}

function fromLocal(value: string): string {
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString();
}

/** What a `datetime-local` field takes: no zone, to the minute. */
function toLocal(value: string): string {
  const time = Date.parse(value);
  if (Number.isNaN(time)) return "";
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
