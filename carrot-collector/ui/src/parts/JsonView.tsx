/** Any JSON, opened level by level: what is closed is not rendered. */

import "./json.css";
import { useState } from "preact/hooks";
import type { Json } from "../api";
import { clip, count, plural } from "../format";
import { Fold } from "./Fold";
import { Icon } from "./Icon";

/** Entries of one level shown at a time. */
const PAGE = 100;
/** Levels open at first, as long as they are small. */
const OPEN_DEPTH = 2;
const OPEN_ENTRIES = 20;

export function JsonView({ value }: { value: Json }) {
  if (typeof value === "string")
    return (
      <div class="json json-text">
        <Fold text={value} />
      </div>
    );
  return (
    <div class="json">
      <Value value={value} depth={0} />
    </div>
  );
}

function Value({ name, value, depth }: { name?: string; value: Json; depth: number }) {
  const entries = value !== null && typeof value === "object" ? entriesOf(value) : undefined;
  const [open, setOpen] = useState(depth < OPEN_DEPTH && (depth === 0 || (entries?.length ?? 0) <= OPEN_ENTRIES));
  const [limit, setLimit] = useState(PAGE);
  if (!entries?.length)
    return (
      <div class="json-line">
        <Key name={name} />
        <Leaf value={value} />
      </div>
    );
  const isList = Array.isArray(value);
  return (
    <div class="json-level">
      <button type="button" class="json-line json-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="chevron" />
        <Key name={name} />
        <span class="json-sum">
          {isList ? "[" : "{"}
          <small>{plural(entries.length, isList ? "item" : "key")}</small>
          {isList ? "]" : "}"}
        </span>
      </button>
      {open && (
        <div class="json-inside">
          {entries.slice(0, limit).map(([key, item]) => (
            <Value key={key} name={key} value={item} depth={depth + 1} />
          ))}
          {entries.length > limit && (
            <button type="button" class="more" onClick={() => setLimit(limit + PAGE * 5)}>
              {count(entries.length - limit)} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}

const entriesOf = (value: Json[] | { [key: string]: Json }): [string, Json][] => Object.entries(value);

const Key = ({ name }: { name: string | undefined }) =>
  name === undefined ? null : <span class="json-key">{clip(name)}</span>;

function Leaf({ value }: { value: Json }) {
  if (value === "") return <span class="json-sum">""</span>;
  if (typeof value === "string")
    return (
      <span class="json-string" data-block={value.includes("\n") || undefined}>
        <Fold text={value} />
      </span>
    );
  if (value === null) return <span class="json-word">null</span>;
  if (typeof value === "object") return <span class="json-sum">{Array.isArray(value) ? "[]" : "{}"}</span>;
  return <span class={typeof value === "number" ? "json-number" : "json-word"}>{String(value)}</span>;
}
