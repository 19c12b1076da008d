/** The chosen span in full. */

import "./detail.css";
import { useMemo } from "preact/hooks";
import type { Json, Span } from "../../api";
import { clip, duration, jsonText, latency, moment, parseTime } from "../../format";
import { useNow } from "../../now";
import { CopyButton } from "../../parts/CopyButton";
import { KindIcon } from "../../parts/Icon";
import { JsonView } from "../../parts/JsonView";
import { LevelMark, StatusMark, Tags } from "../../parts/Labels";
import { Section } from "../../parts/Section";
import { AgentLine, agentKeys } from "./AgentLine";
import { Chat } from "./Chat";
import { chatOf, PARAMETERS, type Conversation } from "./chat";
import { ErrorBlock } from "./ErrorBlock";
import { Events } from "./Events";
import { Metadata } from "./Metadata";
import { Notes, notesOf } from "./Notes";
import { Usage, USAGE_KEYS } from "./Usage";

/** `offset`: milliseconds from the trace's start to the span's. */
export function Detail({ span, offset }: { span: Span; offset: number }) {
  const now = useNow(span.status === "running" ? 250 : null);
  const isCall = span.kind === "llm_call" || span.kind === "embedding";
  const chat = useMemo(() => (span.kind === "llm_call" ? chatOf(span) : undefined), [span]);
  const tags = span.tags ?? [];
  return (
    <section class="detail" aria-label="Chosen span" tabIndex={-1}>
      <header class="detail-head">
        <KindIcon kind={span.kind} />
        <h2 title={clip(span.name, 500)}>{clip(span.name || "(no name)")}</h2>
        <StatusMark status={span.status} />
        <CopyButton text={() => jsonText(alone(span))} what="the span as JSON" label="JSON" />
      </header>
      <p class="when">
        <span>{clip(span.kind, 40)}</span>
        <span title={`${moment(parseTime(span.started_at))}\n${span.started_at}`}>{offset > 0 ? `at +${duration(offset)}` : "at the start"}</span>
        <span>{duration(latency(span, now))}</span>
        <LevelMark level={span.level} />
        <Tags tags={tags} />
      </p>
      <AgentLine span={span} />
      <Notes span={span} />
      {span.error && <ErrorBlock error={span.error} />}
      {isCall && <Usage span={span} />}
      {chat ? <ConversationView span={span} chat={chat} /> : <InputOutput span={span} />}
      {hasItems(span.events) && <Events events={span.events} start={parseTime(span.started_at)} />}
      <Metadata span={span} shown={new Set([...agentKeys(span), ...notesOf(span).keys(), ...(isCall ? USAGE_KEYS : []), ...(chat ? [PARAMETERS] : [])])} />
      {hasItems(span.scores) && <Block title="Scores" value={span.scores} />}
    </section>
  );
}

function ConversationView({ span, chat }: { span: Span; chat: Conversation }) {
  return (
    <>
      <Section title="Messages" copy={() => jsonText({ input: span.input ?? null, output: span.output ?? null })}>
        <Chat messages={chat.messages} />
      </Section>
      {isThere(chat.output) && !repeatsError(span) && <Block title="Output" value={chat.output} />}
      {isThere(chat.parameters) && <Block title="Parameters" value={chat.parameters} />}
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
