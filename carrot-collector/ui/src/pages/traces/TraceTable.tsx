/** The list itself: a table, or cards on a phone. */

import "./table.css";
import { useMemo } from "preact/hooks";
import type { Row } from "../../api";
import { clip, cost, count, duration, latency, metaText, NOTHING } from "../../format";
import { useNow } from "../../now";
import { KindIcon } from "../../parts/Icon";
import { LevelMark, Started, StatusMark, Tags } from "../../parts/Labels";
import { navigate, tracePath } from "../../route";

interface Props {
  rows: Row[];
  selected: string | undefined;
  pickTag(tag: string): void;
  pickModel(model: string): void;
}

/** Columns by class name; the roles are spelled out because cards lose the table's own. */
const COLUMNS = [
  ["name", "Name"],
  ["state", "Status"],
  ["models", "Model"],
  ["tokens", "Tokens in / out"],
  ["cost", "Cost"],
  ["latency", "Latency"],
  ["tagged", "Tags"],
  ["started", "Started"],
] as const;

export function TraceTable({ rows, selected, pickTag, pickModel }: Props) {
  const now = useNow(1000);
  return (
    <table class="trace-table" role="table" aria-label="Traces">
      <thead role="rowgroup">
        <tr role="row">
          {COLUMNS.map(([column, title]) => (
            <th key={column} class={column} role="columnheader" scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <TraceRow key={row.id} row={row} now={now} selected={row.id === selected} pickTag={pickTag} pickModel={pickModel} />
        ))}
      </tbody>
    </table>
  );
}

/** How often a row that is done renews its "3m ago" (ms). */
const SETTLED_MS = 20_000;

interface RowProps extends Omit<Props, "rows" | "selected"> {
  row: Row;
  now: number;
  selected: boolean;
}

/** Drawn again only when it shows something else: there may be a thousand of them. */
function TraceRow({ row, now, selected, pickTag, pickModel }: RowProps) {
  const moving = row.status === "running" || now - Date.parse(row.started_at) < 60_000;
  const shown = moving ? now : Math.ceil(now / SETTLED_MS) * SETTLED_MS;
  return useMemo(
    () => <Cells row={row} now={shown} selected={selected} pickTag={pickTag} pickModel={pickModel} />,
    [row, shown, selected, pickTag, pickModel],
  );
}

function Cells({ row, now, selected, pickTag, pickModel }: RowProps) {
  const { totals } = row;
  const open = (event: MouseEvent) => {
    // Links and buttons inside do their own, and a drag selects text.
    if ((event.target as Element).closest("a, button") || getSelection()?.type === "Range") return;
    navigate(tracePath(row.id));
  };
  const failed = row.error?.message;
  return (
    <tr role="row" data-id={row.id} data-status={row.status} aria-current={selected ? "true" : undefined} onClick={open}>
      <td class="name" role="cell">
        <KindIcon kind={row.kind} />
        <a href={tracePath(row.id)}>{clip(row.name || "(no name)")}</a>
        <LevelMark level={row.level} short />
        {failed && <small title={clip(failed, 500)}>{clip(failed, 160)}</small>}
      </td>
      <td class="state" role="cell">
        <StatusMark status={row.status} />
        {row.status === "success" && totals.errors > 0 && (
          <small class="inner-errors" title={`${count(totals.errors)} of ${count(totals.spans)} spans failed`}>
            {count(totals.errors)} inside
          </small>
        )}
      </td>
      <td class="models" role="cell" data-none={!(totals.models[0] ?? metaText(row, "model")) || undefined}>
        <Models models={totals.models} own={metaText(row, "model")} pick={pickModel} />
      </td>
      <td class="tokens num" role="cell" data-none={!totals.total_tokens || undefined}>
        {totals.total_tokens > 0 ? (
          <>
            {count(totals.input_tokens)} <i>/</i> {count(totals.output_tokens)}
          </>
        ) : (
          NOTHING
        )}
      </td>
      <td class="cost num" role="cell" data-none={totals.cost_usd === null || undefined}>
        {cost(totals.cost_usd)}
      </td>
      <td class="latency num" role="cell">
        {duration(latency(row, now))}
      </td>
      <td class="tagged" role="cell" data-none={!totals.tags.length || undefined}>
        <Tags tags={totals.tags} onPick={pickTag} />
      </td>
      <td class="started num" role="cell">
        <Started at={row.started_at} now={now} />
      </td>
    </tr>
  );
}

function Models({ models, own, pick }: { models: string[]; own: string | undefined; pick(model: string): void }) {
  const first = models[0] ?? own;
  if (!first) return <>{NOTHING}</>;
  return (
    <>
      <button class="model" type="button" title={`Only traces with ${clip(first)}`} onClick={() => pick(first)}>
        {clip(first)}
      </button>
      {models.length > 1 && <small title={clip(models.slice(1, 20).join("\n"), 500)}>+{models.length - 1}</small>}
    </>
  );
}
