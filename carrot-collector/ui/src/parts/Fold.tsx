/** A text of any length: its beginning, and more on request. */

import { useState } from "preact/hooks";
import { count, size } from "../format";

const FIRST = 2000;
const FIRST_LINES = 40;
/** What one click may add, so that no text freezes the page. */
const STEP = 1_000_000;

export function Fold({ text }: { text: string }) {
  const beginning = firstPart(text);
  const [shown, setShown] = useState(beginning);
  // The text may have changed under us, by a live update.
  const end = Math.min(Math.max(shown, beginning), text.length);
  if (end === text.length && end === beginning) return <span class="text">{text}</span>;
  const rest = text.length - end;
  return (
    <>
      <span class="text">
        {text.slice(0, end)}
        {rest > 0 && "…"}
      </span>
      {rest > 0 ? (
        <button class="more" type="button" onClick={() => setShown(end + STEP)}>
          {rest <= STEP ? `Show all ${size(text.length)}` : `Show ${count(STEP)} more of ${size(text.length)}`}
        </button>
      ) : (
        <button class="more" type="button" onClick={() => setShown(0)}>
          Show less
        </button>
      )}
    </>
  );
}

/** Where to cut at first: never for a few characters, never inside a surrogate pair. */
function firstPart(text: string): number {
  let end = text.length > FIRST * 1.2 ? FIRST : text.length;
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) {
    if (++lines === FIRST_LINES) end = at;
  }
  if (text.length - end < 80) return text.length;
  const last = text.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}
