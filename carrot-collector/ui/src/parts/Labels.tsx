/** Small marks used on both pages: status, tags, a moment in time. */

import "./labels.css";
import type { Status } from "../api";
import { ago, moment, parseTime } from "../format";

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

export function Tags({ tags, onPick }: { tags: string[]; onPick?: (tag: string) => void }) {
  return (
    <span class="tags">
      {tags.map((tag) =>
        onPick ? (
          <button key={tag} type="button" class="tag" title={`Only traces tagged ${tag}`} onClick={(event) => (event.stopPropagation(), onPick(tag))}>
            {tag}
          </button>
        ) : (
          <span key={tag} class="tag">
            {tag}
          </span>
        ),
      )}
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
