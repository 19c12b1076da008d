/** Small marks used on both pages: status, level, tags, a value to filter by, a moment in time. */

import "./labels.css";
import type { Status } from "../api";
import { ago, clip, moment, parseTime } from "../format";
import { Icon } from "./Icon";

const STATUS_TEXT: Record<Status, string> = {
  running: "Running",
  success: "Success",
  error: "Error",
  cancelled: "Cancelled",
};

export function StatusMark({ status }: { status: Status }) {
  return (
    <span class="status" data-status={status}>
      <i aria-hidden="true" />
      {STATUS_TEXT[status] ?? String(status)}
    </span>
  );
}

const LEVELS = ["DEBUG", "WARNING", "ERROR"];

/** Nothing where the level says nothing special. */
export function LevelMark({ level, short }: { level: string | undefined; short?: boolean }) {
  if (!level || !LEVELS.includes(level) || (short && level === "DEBUG")) return null;
  return (
    <span class="level" data-level={level} data-short={short || undefined} title={`Level ${level}`}>
      {level !== "DEBUG" && <Icon name="error" />}
      <span class={short ? "sr-only" : undefined}>{level.toLowerCase()}</span>
    </span>
  );
}

/** A value that leads to all traces that share it. */
export const Pick = ({ filter, value }: { filter: "session" | "user"; value: string }) => (
  <a class="pick" href={`/?${new URLSearchParams({ [filter]: value })}`} title={`All traces of this ${filter}`}>
    {clip(value, 80)}
  </a>
);

const MAX_TAGS = 20;

export function Tags({ tags, onPick }: { tags: string[]; onPick?: (tag: string) => void }) {
  return (
    <span class="tags">
      {tags.slice(0, MAX_TAGS).map((tag) =>
        onPick ? (
          <button key={tag} type="button" class="tag" title={`Only traces tagged ${clip(tag)}`} onClick={() => onPick(tag)}>
            {clip(tag)}
          </button>
        ) : (
          <span key={tag} class="tag" title={clip(tag)}>
            {clip(tag)}
          </span>
        ),
      )}
      {tags.length > MAX_TAGS && <small>+{tags.length - MAX_TAGS}</small>}
    </span>
  );
}

export function Started({ at, now }: { at: string; now: number }) {
  const time = parseTime(at);
  return (
    <time dateTime={at} title={`${moment(time)}\n${at}`}>
      {ago(time, now)}
    </time>
  );
}
