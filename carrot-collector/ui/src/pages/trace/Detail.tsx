/** The chosen span in full. */

import "./detail.css";
import type { Json, Span } from "../../api";
import { duration, jsonText, latency, moment, parseTime } from "../../format";
import { useNow } from "../../now";
import { CopyButton } from "../../parts/CopyButton";
import { KindIcon } from "../../parts/Icon";
import { JsonView } from "../../parts/JsonView";
import { StatusMark, Tags } from "../../parts/Labels";
import { Section } from "../../parts/Section";
import { Chat } from "./Chat";
import { chatOf, type Message } from "./chat";
import { ErrorBlock } from "./ErrorBlock";
import { Events } from "./Events";
import { Metadata } from "./Metadata";
import { Usage } from "./Usage";

/** `offset`: milliseconds from the trace's start to the span's. */
export function Detail({ span, offset }: { span: Span; offset: number }) {
  const now = useNow(span.status === "running" ? 250 : null);
  const isCall = span.kind === "llm_call" || span.kind === "embedding";
  const messages = span.kind === "llm_call" ? chatOf(span) : undefined;
  const tags = span.tags ?? [];
  return (
    <section class="detail" aria-label="Chosen span" tabIndex={-1}>
      <header class="detail-head">
        <KindIcon kind={span.kind} />
        <h2 title={span.name}>{span.name || "(no name)"}</h2>
        <StatusMark status={span.status} />
        <CopyButton text={() => jsonText(alone(span))} what="the span as JSON" label="JSON" />
      </header>
      <p class="when">
        <span>{span.kind}</span>
        <span title={`${moment(parseTime(span.started_at))}\n${span.started_at}`}>{offset > 0 ? `at +${duration(offset)}` : "at the start"}</span>
        <span>{duration(latency(span, now))}</span>
        {span.level && span.level !== "DEFAULT" && <b data-level={span.level}>{span.level.toLowerCase()}</b>}
        <Tags tags={tags} />
      </p>
      {span.error && <ErrorBlock error={span.error} />}
      {isCall && <Usage span={span} />}
      {messages ? <Conversation span={span} messages={messages} /> : <InputOutput span={span} />}
      <Metadata span={span} known={isCall} />
      {hasItems(span.events) && <Events events={span.events} />}
      {hasItems(span.scores) && <Block title="Scores" value={span.scores} />}
    </section>
  );
}

function Conversation({ span, messages }: { span: Span; messages: Message[] }) {
  const parameters = parametersOf(span.input);
  return (
    <>
      <Section title="Messages" copy={() => jsonText({ input: span.input ?? null, output: span.output ?? null })}>
        <Chat messages={messages} />
      </Section>
      {Object.keys(parameters).length > 0 && <Block title="Parameters" value={parameters} />}
    </>
  );
}

function InputOutput({ span }: { span: Span }) {
  return (
    <>
      {isThere(span.input) && <Block title="Input" value={span.input} />}
      {isThere(span.output) && !repeatsError(span) && <Block title="Output" value={span.output} />}
    </>
  );
}

const Block = ({ title, value }: { title: string; value: Json }) => (
  <Section title={title} copy={() => jsonText(value)}>
    <JsonView value={value} />
  </Section>
);

const SAID = new Set(["messages", "system", "instructions", "prompt", "input"]);

/** The request without what the chat shows. */
function parametersOf(input: Json | undefined): { [key: string]: Json } {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return {};
  return Object.fromEntries(Object.entries(input).filter(([key]) => !SAID.has(key)));
}

/** The SDK repeats an error as the output, for readers that know no `error`. */
function repeatsError({ error, output }: Span): boolean {
  if (!error || typeof output !== "object" || output === null) return false;
  return Object.keys(output).every((key) => key === "error" || key === "error_type");
}

const isThere = (value: Json | undefined): value is Json => value !== undefined && value !== null;

const hasItems = (value: Json | undefined): value is Json[] => Array.isArray(value) && value.length > 0;

function alone(span: Span): Json {
  const { children: _, ...rest } = span;
  return rest as unknown as Json;
}
