/** The filters above the list, and one removable chip for each that is set. */

import "./filters.css";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Row } from "../../api";
import { useKeys } from "../../keys";
import { Icon } from "../../parts/Icon";
import { chipsOf, readFilters, type Filters } from "./filters";
import { PickField } from "./PickField";
import { TimeRange } from "./TimeRange";

interface Props {
  filters: Filters;
  /** What is listed: its models, tags and names are offered. */
  rows: Row[];
  apply(next: Filters): void;
}

export function FilterBar({ filters, rows, apply }: Props) {
  const [open, setOpen] = useState(false);
  const chips = chipsOf(filters);
  const addTag = (tag: string) => apply({ ...filters, tags: [...new Set([...filters.tags, tag])] });
  return (
    <search class="filters" data-open={open || undefined}>
      <SearchField value={filters.q} onSearch={(q) => apply({ ...readFilters(location.search), q })} />
      <button class="button filters-toggle" type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="filter" /> Filters {chips.length > 0 && <b>{chips.length}</b>}
      </button>
      <div class="filter-fields">
        <select
          class="field"
          aria-label="Status"
          value={filters.status}
          data-set={filters.status !== "" || undefined}
          onChange={(event) => apply({ ...filters, status: event.currentTarget.value })}
        >
          <option value="">Any status</option>
          <option value="success">Success</option>
          <option value="error">Error</option>
          <option value="running">Running</option>
          <option value="cancelled">Cancelled</option>
        </select>
        <PickField label="Model" options={rows.flatMap((row) => row.totals.models)} onPick={(model) => apply({ ...filters, model })} />
        <PickField label="Tag" options={rows.flatMap((row) => row.totals.tags)} onPick={addTag} />
        <PickField label="Name" options={rows.map((row) => row.name)} onPick={(name) => apply({ ...filters, name })} />
        <TimeRange filters={filters} apply={apply} />
      </div>
      {chips.length > 0 && (
        <ul class="chips" aria-label="Filters that are set">
          {chips.map((chip) => (
            <li key={`${chip.label} ${chip.value}`}>
              <button class="chip" type="button" aria-label={`Remove the filter ${chip.label} ${chip.value}`} onClick={() => apply(chip.without)}>
                <span>{chip.label}</span>
                <b>{chip.value}</b>
                <Icon name="close" />
              </button>
            </li>
          ))}
          <li>
            <button class="link" type="button" onClick={() => apply(readFilters(""))}>
              Clear all
            </button>
          </li>
        </ul>
      )}
    </search>
  );
}

const TYPING_MS = 200;

function SearchField({ value, onSearch }: { value: string; onSearch(q: string): void }) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useKeys({
    "/": (event) => {
      event.preventDefault();
      field.current?.select();
    },
  });
  // The URL may change under the field, by the way back or a removed chip; our own changes
  // come back from it late, when the reader may have typed on.
  const sent = useRef(value);
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    if (field.current) field.current.value = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const search = () => {
    clearTimeout(timer.current);
    sent.current = field.current?.value.trim() ?? "";
    onSearch(sent.current);
  };
  const typed = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(search, TYPING_MS);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter") search();
    if (event.key !== "Escape" || !field.current) return;
    event.preventDefault();
    field.current.value = "";
    field.current.blur();
    search();
  };
  return (
    <label class="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        defaultValue={value}
        placeholder="Search inputs, outputs, names, errors"
        aria-label="Search inputs, outputs, names and errors"
        onInput={typed}
        onKeyDown={press}
        autocomplete="off"
        spellcheck={false}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
