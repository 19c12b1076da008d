/** What happened at moments within the span. */

import { useState } from "preact/hooks";
import type { Json } from "../../api";
import { clip, count, duration, jsonText, moment, parseTime } from "../../format";
import { JsonView } from "../../parts/JsonView";
import { LevelMark } from "../../parts/Labels";
import { Section } from "../../parts/Section";

const FIRST = 50;
/** `at` is ours, the others are what other senders write. */
const TIME_KEYS = ["at", "timestamp", "time"];

/** `start`: of the span, in milliseconds since 1970. */
export function Events({ events, start }: { events: Json[]; start: number }) {
  const [limit, setLimit] = useState(FIRST);
  return (
    <Section title="Events" copy={() => jsonText(events)}>
      <ol class="events">
        {events.slice(0, limit).map((event, index) => (
          <li key={index}>
            <EventView event={event} start={start} />
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

function EventView({ event, start }: { event: Json; start: number }) {
  const { name, time, level, data } = readEvent(event);
  return (
    <>
      <div class="event-head">
        <time title={time && `${moment(parseTime(time))}\n${clip(time, 40)}`}>{time && offset(parseTime(time) - start)}</time>
        <b>{clip(name)}</b>
        <LevelMark level={level} />
      </div>
      {data !== undefined && (
        <div class="event-data">
          <JsonView value={data} />
        </div>
      )}
    </>
  );
}

export interface SpanEvent {
  name: string;
  time: string | undefined;
  level: string | undefined;
  data: Json | undefined;
}

/** Our own form, and what others send: whatever is no name, time or level is data. */
export function readEvent(event: Json): SpanEvent {
  if (typeof event !== "object" || event === null || Array.isArray(event)) return { name: "event", time: undefined, level: undefined, data: event };
  const timeKey = TIME_KEYS.find((key) => typeof event[key] === "string");
  const { name, level, data, ...others } = event;
  if (timeKey) delete others[timeKey];
  const rest = Object.keys(others).length ? { ...others, ...(data !== undefined && { data }) } : data;
  return {
    name: typeof name === "string" ? name : "event",
    time: timeKey && String(event[timeKey]),
    level: typeof level === "string" ? level : undefined,
    data: rest === null ? undefined : rest,
  };
}

const offset = (ms: number): string => (Number.isFinite(ms) ? `${ms < 0 ? "" : "+"}${duration(ms)}` : "");
