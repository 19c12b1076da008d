/** Finds the conversation in a model call, whichever dialect its request was written in. */

import type { Json, Span } from "../../api";

export type Part =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "call"; id: string | undefined; name: string; args: Json }
  | { type: "result"; id: string | undefined; content: Part[] }
  /** An image, a sound, a file: named, never loaded. */
  | { type: "media"; what: string; source: string }
  | { type: "other"; value: Json };

export interface Message {
  role: string;
  name: string | undefined;
  parts: Part[];
  /** It came back from the model; the others were sent. */
  answer: boolean;
}

type Obj = { [key: string]: Json };

/** Undefined where the span is no conversation: it is shown as JSON then. */
export function chatOf(span: Span): Message[] | undefined {
  const sent = sentMessages(span.input);
  if (!sent) return undefined;
  return [...sent, ...answers(span.output)];
}

function sentMessages(input: Json | undefined): Message[] | undefined {
  if (!isObject(input)) return undefined;
  const system = input.system ?? input.instructions;
  const before = system === undefined || system === null ? [] : [message("system", partsOf(system))];
  if (Array.isArray(input.messages)) return [...before, ...input.messages.map((item) => readMessage(item))];
  // The Responses API; embeddings carry `input` too, but are answered with a count.
  if (Array.isArray(input.input) && input.input.some(isObject)) return [...before, ...input.input.map((item) => readMessage(item))];
  if (typeof input.prompt === "string") return [message("user", partsOf(input.prompt))];
  if (typeof input.input === "string") return [...before, message("user", partsOf(input.input))];
  return undefined;
}

function answers(output: Json | undefined): Message[] {
  if (!isObject(output)) return typeof output === "string" ? [message("assistant", partsOf(output), true)] : [];
  if (output.message !== undefined) return [readMessage(output.message, true)];
  if (Array.isArray(output.output)) return output.output.map((item) => readMessage(item, true));
  if (typeof output.text === "string") return [message("assistant", partsOf(output.text), true)];
  return [];
}

function readMessage(item: Json, answer = false): Message {
  if (!isObject(item)) return message(answer ? "assistant" : "user", partsOf(item), answer);
  const alone = readPart(item);
  if (item.role === undefined && alone.type !== "other") {
    const role = alone.type === "result" ? "tool" : alone.type === "text" ? "user" : "assistant";
    return message(answer ? "assistant" : role, [alone], answer);
  }
  const role = text(item.role) ?? (answer ? "assistant" : "message");
  const content = partsOf(item.content ?? null);
  const parts = role === "tool" ? [{ type: "result" as const, id: text(item.tool_call_id), content }] : content;
  const thought = text(item.reasoning_content) ?? text(item.reasoning);
  if (thought) parts.unshift({ type: "reasoning", text: thought });
  if (text(item.refusal)) parts.push({ type: "text", text: text(item.refusal)! });
  if (Array.isArray(item.tool_calls)) parts.push(...item.tool_calls.map(toolCall));
  if (isObject(item.function_call)) parts.push(toolCall({ function: item.function_call }));
  return { ...message(role, parts, answer), name: text(item.name) };
}

function partsOf(content: Json): Part[] {
  if (content === null || content === "") return [];
  if (Array.isArray(content)) return content.map(readPart);
  return [readPart(content)];
}

function readPart(item: Json): Part {
  if (typeof item === "string") return { type: "text", text: item };
  if (!isObject(item)) return { type: "other", value: item };
  switch (item.type) {
    case "text":
    case "input_text":
    case "output_text":
      return typeof item.text === "string" ? { type: "text", text: item.text } : { type: "other", value: item };
    case "refusal":
      return { type: "text", text: text(item.refusal) ?? "" };
    case "thinking":
    case "reasoning":
      return { type: "reasoning", text: text(item.thinking) ?? summaryText(item.summary) };
    case "tool_use":
    case "function_call":
      return toolCall(item);
    case "tool_result":
      return { type: "result", id: text(item.tool_use_id), content: partsOf(item.content ?? null) };
    case "function_call_output":
      return { type: "result", id: text(item.call_id), content: partsOf(item.output ?? null) };
    case "image_url":
    case "input_image":
    case "image":
    case "input_audio":
    case "audio":
    case "file":
    case "input_file":
    case "document":
      return media(item);
    default:
      return { type: "other", value: item };
  }
}

function toolCall(call: Json): Part {
  if (!isObject(call)) return { type: "other", value: call };
  const inner = isObject(call.function) ? call.function : call;
  const args = inner.arguments ?? inner.input ?? inner.args ?? {};
  return {
    type: "call",
    id: text(call.call_id) ?? text(call.id),
    name: text(inner.name) ?? "(no name)",
    args: typeof args === "string" ? parsed(args) : args,
  };
}

/** Arguments are JSON in a string; a model, or a cut stream, may have left it broken. */
function parsed(args: string): Json {
  try {
    return JSON.parse(args) as Json;
  } catch {
    return args;
  }
}

function media(item: Obj): Part {
  const kind = String(item.type).replace(/^input_|_url$/g, "");
  const inside = item[String(item.type)] ?? item.source ?? item;
  const source = typeof inside === "string" ? inside : isObject(inside) ? (text(inside.url) ?? text(inside.filename)) : undefined;
  const data = source?.startsWith("data:") ? `${source.slice(5, source.indexOf(",")).slice(0, 60)}, ${source.length} characters` : source;
  return { type: "media", what: kind, source: data ?? "inline data" };
}

const message = (role: string, parts: Part[], answer = false): Message => ({ role, name: undefined, parts, answer });

const summaryText = (summary: Json | undefined): string =>
  Array.isArray(summary) ? summary.map((part) => (isObject(part) ? (text(part.text) ?? "") : "")).join("\n") : "";

const isObject = (value: Json | undefined): value is Obj => typeof value === "object" && value !== null && !Array.isArray(value);

const text = (value: Json | undefined): string | undefined => (typeof value === "string" && value ? value : undefined);
