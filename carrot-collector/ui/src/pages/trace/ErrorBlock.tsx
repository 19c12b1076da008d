/** What went wrong, and what lay beneath it. */

import type { SpanError } from "../../api";
import { clip, jsonText } from "../../format";
import { CopyButton } from "../../parts/CopyButton";
import { Fold } from "../../parts/Fold";

const MAX_CAUSES = 20;

export function ErrorBlock({ error }: { error: SpanError }) {
  const causes = Array.isArray(error.chain) ? error.chain.slice(0, MAX_CAUSES) : error.chain ? [error.chain] : [];
  const all = () => [error.type, error.message, ...causes.map((cause) => `caused by: ${jsonText(cause)}`)].filter(Boolean).join("\n");
  return (
    <section class="error-block" aria-label="Error">
      <div class="error-head">
        <code>{clip(error.type || "error")}</code>
        <CopyButton text={all} what="the error" />
      </div>
      <p>
        <Fold text={error.message || "(no message)"} />
      </p>
      {causes.length > 0 && (
        <ol class="causes" aria-label="Caused by">
          {causes.map((cause, index) => (
            <li key={index}>
              <Fold text={jsonText(cause)} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
