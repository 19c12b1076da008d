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

export interface Conversation {
  messages: Message[];
  /** The request and the answer without what the messages say; undefined if that is all. */
  parameters: Obj | undefined;
  output: Json | undefined;
}

/** Where a generation recorded by hand has its parameters, in the metadata. */
export const PARAMETERS = "model_parameters";

/** Undefined where the span is no conversation: it is shown as JSON then. */
export function chatOf({ input, output, metadata }: Span): Conversation | undefined {
  const sent = isObject(input) ? sentMessages(input) : bareMessages(input);
  if (!sent) return undefined;
  const answered = answers(output);
  const beside = metadata?.[PARAMETERS];
  const parameters = {
    ...(isObject(input) && without(input, sent.keys)),
    ...(isObject(beside) ? beside : isThere(beside) && { [PARAMETERS]: beside }),
  };
  return {
    messages: [...sent.messages, ...answered.messages],
    parameters: Object.keys(parameters).length ? parameters : undefined,
    output: isObject(output) ? without(output, answered.keys) : answered.messages.length ? undefined : output,
  };
}

/** Messages, and the keys they were found under. */
interface Found {
  messages: Message[];
  keys: string[];
}

function sentMessages(input: Obj): Found | undefined {
  const systemKey = ["system", "instructions"].find((key) => isThere(input[key]));
  const before = systemKey ? [message("system", partsOf(input[systemKey]!))] : [];
  const found = (key: string, messages: Message[]): Found => ({
    messages: [...before, ...messages],
    keys: systemKey ? [systemKey, key] : [key],
  });
  const { messages, input: items, prompt } = input;
  if (Array.isArray(messages)) return found("messages", messages.map((item) => readMessage(item)));
  // The Responses API.
  if (Array.isArray(items) && items.some(isObject)) return found("input", items.map((item) => readMessage(item)));
  if (typeof items === "string") return found("input", [message("user", partsOf(items))]);
  if (typeof prompt === "string") return found("prompt", [message("user", partsOf(prompt))]);
  return undefined;
}

/** What a call recorded by hand may have for an input: the messages alone, or the prompt. */
function bareMessages(input: Json | undefined): Found | undefined {
  if (typeof input === "string") return { messages: [message("user", partsOf(input))], keys: [] };
  if (!Array.isArray(input) || !input.length) return undefined;
  const isMessage = (item: Json) => isObject(item) && typeof item.role === "string";
  return input.every(isMessage) ? { messages: input.map((item) => readMessage(item)), keys: [] } : undefined;
}

function answers(output: Json | undefined): Found {
  if (typeof output === "string") return { messages: [message("assistant", partsOf(output), true)], keys: [] };
  if (!isObject(output)) return { messages: [], keys: [] };
  if (isThere(output.message)) return { messages: [readMessage(output.message, true)], keys: ["message"] };
  if (typeof output.role === "string" && output.content !== undefined) return { messages: [readMessage(output, true)], keys: Object.keys(output) };
  if (Array.isArray(output.output)) return { messages: output.output.map((item) => readMessage(item, true)), keys: ["output"] };
  if (typeof output.text === "string") return { messages: [message("assistant", partsOf(output.text), true)], keys: ["text"] };
  return { messages: [], keys: [] };
}

function without(value: Obj, keys: string[]): Obj | undefined {
  const rest = Object.entries(value).filter(([key]) => !keys.includes(key));
  return rest.length ? Object.fromEntries(rest) : undefined;
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
  const parts: Part[] = role === "tool" ? [result(item.tool_call_id, content)] : content;
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
      return result(item.tool_use_id, partsOf(item.content ?? null));
    case "function_call_output":
      return result(item.call_id, partsOf(item.output ?? null));
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

/** What a tool answered: mostly JSON in a string. */
function result(id: Json | undefined, content: Part[]): Part {
  const read = (part: Part): Part => {
    if (part.type !== "text" || !/^\s*[[{]/.test(part.text)) return part;
    const value = parsed(part.text);
    return typeof value === "string" ? part : { type: "other", value };
  };
  return { type: "result", id: text(id), content: content.map(read) };
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

const isThere = (value: Json | undefined): value is Json => value !== undefined && value !== null;

const message = (role: string, parts: Part[], answer = false): Message => ({ role, name: undefined, parts, answer });

const summaryText = (summary: Json | undefined): string =>
  Array.isArray(summary) ? summary.map((part) => (isObject(part) ? (text(part.text) ?? "") : "")).join("\n") : "";

const isObject = (value: Json | undefined): value is Obj => typeof value === "object" && value !== null && !Array.isArray(value);

const text = (value: Json | undefined): string | undefined => (typeof value === "string" && value ? value : undefined);
