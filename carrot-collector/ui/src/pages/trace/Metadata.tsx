/** The span's metadata and ids, one key a line. */

import { useState } from "preact/hooks";
import type { Json, Span } from "../../api";
import { clip, count, jsonText } from "../../format";
import { CopyButton } from "../../parts/CopyButton";
import { Fold } from "../../parts/Fold";
import { JsonView } from "../../parts/JsonView";
import { Section } from "../../parts/Section";
import { USAGE_KEYS } from "./Usage";

const FIRST = 50;

/** `known`: the usage is shown above. */
export function Metadata({ span, known }: { span: Span; known: boolean }) {
  const [all, setAll] = useState(false);
  const metadata = span.metadata ?? {};
  const entries = Object.entries(metadata).filter(([key]) => !known || !USAGE_KEYS.has(key));
  const ids = [
    ["id", span.id],
    ["trace_id", span.trace_id],
    ["session_id", span.session_id],
    ["user_id", span.user_id],
  ].filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return (
    <Section title="Metadata" copy={() => jsonText(metadata)}>
      <table class="meta">
        <tbody>
          {(all ? entries : entries.slice(0, FIRST)).map(([key, value]) => (
            <tr key={key}>
              <th scope="row">{clip(key)}</th>
              <td>
                <MetaValue value={value} />
              </td>
            </tr>
          ))}
          {ids.map(([key, value]) => (
            <tr key={`${key} of the span`} class="meta-id">
              <th scope="row">{key}</th>
              <td>
                <Fold text={value} />
                <CopyButton text={() => value} what={key} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {!all && entries.length > FIRST && (
        <button class="more" type="button" onClick={() => setAll(true)}>
          {count(entries.length - FIRST)} more
        </button>
      )}
    </Section>
  );
}

function MetaValue({ value }: { value: Json }) {
  if (typeof value === "object" && value !== null) return <JsonView value={value} />;
  return <Fold text={typeof value === "string" ? value : String(value)} />;
}
