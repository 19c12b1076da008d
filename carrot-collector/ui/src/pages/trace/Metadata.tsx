/** The span's metadata and ids, one key a line. */

import { useState } from "preact/hooks";
import type { Json, Span } from "../../api";
import { clip, count, jsonText } from "../../format";
import { CopyButton } from "../../parts/CopyButton";
import { Fold } from "../../parts/Fold";
import { Pick } from "../../parts/Labels";
import { JsonView } from "../../parts/JsonView";
import { Section } from "../../parts/Section";

const FIRST = 50;

/** `shown`: the keys that are shown above. */
export function Metadata({ span, shown }: { span: Span; shown: ReadonlySet<string> }) {
  const [all, setAll] = useState(false);
  const metadata = span.metadata ?? {};
  const entries = Object.entries(metadata).filter(([key]) => !shown.has(key));
  const ids = [
    ["id", span.id],
    ["trace_id", span.trace_id],
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
          {span.session_id && <Shared name="session_id" filter="session" value={span.session_id} />}
          {span.user_id && <Shared name="user_id" filter="user" value={span.user_id} />}
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

/** What the span shares with other traces. */
const Shared = ({ name, filter, value }: { name: string; filter: "session" | "user"; value: string }) => (
  <tr class="meta-id">
    <th scope="row">{name}</th>
    <td>
      <Pick filter={filter} value={value} />
      <CopyButton text={() => value} what={name} />
    </td>
  </tr>
);

function MetaValue({ value }: { value: Json }) {
  if (typeof value === "object" && value !== null) return <JsonView value={value} />;
  return <Fold text={typeof value === "string" ? value : String(value)} />;
}
