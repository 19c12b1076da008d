/** A conversation: what was sent, then what the model answered. */

import "./chat.css";
import { useState } from "preact/hooks";
import { clip, count } from "../../format";
import { Fold } from "../../parts/Fold";
import { Icon } from "../../parts/Icon";
import { JsonView } from "../../parts/JsonView";
import type { Message, Part } from "./chat";

/** Of a long conversation, the messages shown at first: its end. */
const LAST = 40;
/** Parts of one message, likewise: its beginning. */
const PARTS = 50;

export function Chat({ messages }: { messages: Message[] }) {
  const [all, setAll] = useState(false);
  const hidden = all ? 0 : Math.max(0, messages.length - LAST);
  const calls = callNames(messages);
  return (
    <ol class="chat">
      {hidden > 0 && (
        <li class="chat-earlier">
          <button class="more" type="button" onClick={() => setAll(true)}>
            Show {count(hidden)} earlier messages
          </button>
        </li>
      )}
      {messages.slice(hidden).map((message, index) => (
        <Bubble key={hidden + index} message={message} calls={calls} />
      ))}
    </ol>
  );
}

const ROLES = new Set(["system", "developer", "user", "assistant", "tool"]);

function Bubble({ message, calls }: { message: Message; calls: Map<string, string> }) {
  const { role, name, parts, answer } = message;
  return (
    <li class="message" data-role={ROLES.has(role) ? role : "other"} data-answer={answer || undefined}>
      <div class="role">
        {clip(role, 40)}
        {name && <small>{clip(name, 80)}</small>}
        {answer && <small>answer</small>}
      </div>
      <div class="bubble">
        <Parts parts={parts} calls={calls} />
        {!parts.length && <span class="dim">(empty)</span>}
      </div>
    </li>
  );
}

function Parts({ parts, calls }: { parts: Part[]; calls: Map<string, string> }) {
  const [limit, setLimit] = useState(PARTS);
  return (
    <>
      {parts.slice(0, limit).map((part, index) => (
        <PartView key={index} part={part} calls={calls} />
      ))}
      {parts.length > limit && (
        <button class="more" type="button" onClick={() => setLimit(limit * 4)}>
          {count(parts.length - limit)} more parts
        </button>
      )}
    </>
  );
}

function PartView({ part, calls }: { part: Part; calls: Map<string, string> }) {
  switch (part.type) {
    case "text":
      return (
        <div class="said">
          <Fold text={part.text} />
        </div>
      );
    case "reasoning":
      return (
        <details class="reasoning">
          <summary>Reasoning</summary>
          <Fold text={part.text} />
        </details>
      );
    case "call":
      return (
        <div class="call">
          <div class="call-head">
            <Icon name="tool_call" />
            <b>{clip(part.name)}</b>
            {part.id && <CallId id={part.id} />}
          </div>
          <JsonView value={part.args} />
        </div>
      );
    case "result":
      return (
        <div class="call">
          <div class="call-head">
            <Icon name="tool_result" />
            <b>{clip((part.id && calls.get(part.id)) || "result")}</b>
            {part.id && <CallId id={part.id} />}
          </div>
          <Parts parts={part.content} calls={calls} />
        </div>
      );
    case "media":
      return (
        <div class="media">
          <b>{part.what}</b> <span>{clip(part.source, 300)}</span>
        </div>
      );
    case "other":
      return <JsonView value={part.value} />;
  }
}

/** The id that ties a result to its call: pointing at one lights up the other, a click goes there. */
function CallId({ id }: { id: string }) {
  const shown = clip(id, 64);
  const marks = (event: Event) =>
    [...((event.currentTarget as Element).closest(".chat")?.querySelectorAll<HTMLElement>(".call-id") ?? [])].filter(
      (mark) => mark.textContent === shown,
    );
  const light = (on: boolean) => (event: Event) => marks(event).forEach((mark) => mark.classList.toggle("lit", on));
  const go = (event: Event) => {
    const other = marks(event).find((mark) => mark !== event.currentTarget);
    other?.scrollIntoView({ block: "nearest" });
    other?.focus({ preventScroll: true });
  };
  return (
    <button
      class="call-id"
      type="button"
      title="Ties the call to its result: click to go there"
      onMouseEnter={light(true)}
      onMouseLeave={light(false)}
      onFocus={light(true)}
      onBlur={light(false)}
      onClick={go}
    >
      {shown}
    </button>
  );
}

function callNames(messages: Message[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { parts } of messages) for (const part of parts) if (part.type === "call" && part.id) names.set(part.id, part.name);
  return names;
}
