/** What happened at moments within the span. */

import { useState } from "preact/hooks";
import type { Json } from "../../api";
import { clip, count, jsonText, moment, parseTime } from "../../format";
import { JsonView } from "../../parts/JsonView";
import { Section } from "../../parts/Section";

const FIRST = 50;
const TIME_KEYS = ["timestamp", "time", "at"];

export function Events({ events }: { events: Json[] }) {
  const [limit, setLimit] = useState(FIRST);
  return (
    <Section title="Events" copy={() => jsonText(events)}>
      <ol class="events">
        {events.slice(0, limit).map((event, index) => (
          <li key={index}>
            <Event event={event} />
          </li>
        ))}
      </ol>
      {events.length > limit && (
        <button class="more" type="button" onClick={() => setLimit(limit * 4)}>
          {count(events.length - limit)} more
        </button>
      )}
    </Section>
  );
}

function Event({ event }: { event: Json }) {
  if (typeof event !== "object" || event === null || Array.isArray(event)) return <JsonView value={event} />;
  const timeKey = TIME_KEYS.find((key) => typeof event[key] === "string");
  const time = timeKey ? String(event[timeKey]) : undefined;
  const rest = Object.fromEntries(Object.entries(event).filter(([key]) => key !== timeKey && key !== "name"));
  return (
    <>
      <b>{typeof event.name === "string" ? clip(event.name) : "event"}</b>
      {time && <time title={time}>{moment(parseTime(time))}</time>}
      {Object.keys(rest).length > 0 && <JsonView value={rest} />}
    </>
  );
}
