/** What the reader must know of the record before trusting it: something is missing. */

import type { Span } from "../../api";
import { clip, metaText } from "../../format";
import { Icon } from "../../parts/Icon";

/** Each note, by the metadata that it says in words. */
export function notesOf(span: Span): Map<string, string> {
  const notes = new Map<string, string>();
  if (span.metadata?.truncated === true) notes.set("truncated", "Truncated: a value was longer than the limit, and its end is missing.");
  if (span.metadata?.capture_complete === false) notes.set("capture_complete", "Not everything was recorded.");
  const said = metaText(span, "capture_note");
  if (said) notes.set("capture_note", clip(said));
  return notes;
}

export function Notes({ span }: { span: Span }) {
  const notes = notesOf(span);
  if (!notes.size) return null;
  return (
    <ul class="notes" aria-label="Notes on this record">
      {[...notes].map(([key, note]) => (
        <li key={key}>
          <Icon name="error" />
          {note}
        </li>
      ))}
    </ul>
  );
}
