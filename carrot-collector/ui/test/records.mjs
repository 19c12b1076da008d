/** Traces as a program would send them, for the browser test and for looking at the dashboard by hand. */

import { randomUUID } from "node:crypto";

const hex = (uuid) => uuid.replaceAll("-", "");

/** Records of one trace: `span(...)` adds one and gives it back, times in ms from `began`. */
export function traceOf(began = Date.now()) {
  const traceId = randomUUID();
  const records = [];
  const at = (ms) => new Date(began + ms).toISOString().replace("Z", `${String(Math.round((ms % 1) * 1000)).padStart(3, "0")}Z`);
  const span = (parent, name, kind, [start, end], more = {}) => {
    const spanId = parent ? hex(randomUUID()).slice(0, 16) : hex(traceId).slice(16);
    const id = hex(traceId).slice(0, 16) + spanId;
    const record = {
      id: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
      trace_id: hex(traceId),
      span_id: spanId,
      ...(parent && { parent_span_id: parent.span_id }),
      name,
      kind,
      status: end === null ? "running" : "success",
      started_at: at(start),
      ...(end !== null && { ended_at: at(end) }),
      ...more,
    };
    records.push(record);
    return record;
  };
  return { id: traceId, records, span, at };
}

export const HOSTILE = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>`;

const MODEL = { provider: "openai", model: "gpt-4o-2024-08-06", request_model: "gpt-4o", source: "sdk" };

const TOOLS = [
  {
    type: "function",
    function: {
      name: "get_invoice",
      description: "Looks up one invoice",
      parameters: { type: "object", properties: { number: { type: "string" } }, required: ["number"] },
    },
  },
];

/** An agent that retrieves, plans, calls a tool, fails once and retries, and streams its answer. */
export function agentTrace({ began = Date.now() - 5000, name = "answer_question", tags = ["production", "support"] } = {}) {
  const trace = traceOf(began);
  const { span } = trace;
  const question = "Why was I charged twice in March?\nMy invoice number is INV-2031.";
  const system = "You are the billing assistant of Acme.\nAnswer from the documents given, and look invoices up before you speak about them.";
  const call = { id: "call_9fK2", type: "function", function: { name: "get_invoice", arguments: '{"number":"INV-2031","include":["lines","payments"]}' } };
  const invoice = { number: "INV-2031", total: 49, currency: "EUR", payments: [{ at: "2025-03-02", amount: 49 }, { at: "2025-03-03", amount: 49, refunded: true }] };
  const answer = "You were charged twice on 2 and 3 March because the first payment timed out at the bank and was sent again.\n\nThe second charge of €49.00 has already been refunded; it takes three to five days to appear.";

  const root = span(null, name, "agent", [0, 4312.418], {
    input: { question, customer: { id: 48211, plan: "team", locale: "en-IE" } },
    output: answer,
    tags,
    session_id: "chat-7d1f",
    user_id: "u-48211",
    metadata: { version: "2", region: "eu-west-1", source: "decorator" },
  });
  const found = span(root, "retrieve", "retrieval", [3.2, 214.9], {
    input: { query: question, top_k: 3 },
    output: [
      { title: "Double charges", score: 0.91, text: "A payment that times out is sent again after 24 hours…" },
      { title: "Refunds", score: 0.84, text: "Refunds take three to five working days." },
    ],
  });
  span(found, "embeddings", "embedding", [4.1, 121.6], {
    input: { model: "text-embedding-3-small", input: question },
    output: { embeddings_count: 1 },
    metadata: { provider: "openai", model: "text-embedding-3-small", input_tokens: 19, total_tokens: 19, cost_usd: 0.00000038, latency_ms: 117 },
  });
  span(found, "rank", "function", [121.9, 214.1], { input: { documents: 24 }, output: [3, 7] });
  const plan = span(root, "plan", "reasoning", [215.3, 1604.2], { input: { documents: 2 }, output: { tool: "get_invoice" } });
  span(plan, "chat.completions", "llm_call", [216, 1602.8], {
    input: {
      model: "gpt-4o",
      temperature: 0.2,
      tools: TOOLS,
      messages: [{ role: "system", content: system }, { role: "user", content: question }],
    },
    output: { message: { role: "assistant", content: null, tool_calls: [call] } },
    metadata: { ...MODEL, input_tokens: 412, cached_tokens: 256, output_tokens: 31, total_tokens: 443, cost_usd: 0.00102, latency_ms: 1387, finish_reason: "tool_calls" },
  });
  span(root, "get_invoice", "tool_call", [1605.1, 1911.7], {
    input: { number: "INV-2031" },
    status: "error",
    error: {
      message: "the invoice service did not answer within 300 ms",
      type: "billing::InvoiceError",
      chain: ["error sending request for url (http://billing.internal/invoices/INV-2031)", "operation timed out"],
    },
    output: { error: "the invoice service did not answer within 300 ms", error_type: "billing::InvoiceError" },
    metadata: { attempt: 1 },
  });
  span(root, "get_invoice", "tool_call", [2012.4, 2188.6], { input: { number: "INV-2031" }, output: invoice, metadata: { attempt: 2 } });
  span(root, "guess_refund", "function", [2013.1, 2190.2], { status: "cancelled", input: { invoice: "INV-2031" } });
  const reply = span(root, "answer", "function", [2191.3, 4310.9], { input: { invoice, hostile: HOSTILE }, output: answer });
  span(reply, "chat.completions", "llm_call", [2192, 4309.5], {
    input: {
      model: "gpt-4o",
      stream: true,
      messages: [
        { role: "system", content: system },
        { role: "user", content: [{ type: "text", text: question }, { type: "image_url", image_url: { url: "https://example.com/march.png" } }] },
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: call.id, content: JSON.stringify(invoice) },
        { role: "user", content: HOSTILE },
      ],
    },
    output: { message: { role: "assistant", content: answer } },
    metadata: { ...MODEL, input_tokens: 1284, cached_tokens: 1024, output_tokens: 187, reasoning_tokens: 64, total_tokens: 1471, cost_usd: 0.00508, latency_ms: 2118, ttft_ms: 604, finish_reason: "stop" },
    events: [{ name: "first token", timestamp: trace.at(2796) }],
  });
  return trace;
}

/** What is recorded by hand: agents that work for each other, sessions, levels, events, a generation. */
export function handTrace({ began = Date.now() - 4000, session = "chat-7d1f", user = "u-48211" } = {}) {
  const trace = traceOf(began);
  const { at, span } = trace;
  const of = (agent, agent_role, parent_agent) => ({ agent, ...(agent_role && { agent_role }), ...(parent_agent && { parent_agent }), source: "manual" });
  const shared = { session_id: session, user_id: user };
  const planner = of("planner", "splits the trip into steps");
  const root = span(null, "planner", "agent", [0, 2210], {
    ...shared,
    level: "WARNING",
    input: { trip: "Cork to Galway" },
    output: { days: 3 },
    metadata: { ...planner, sample_weight: 3.3333333333333335 },
    events: [
      { name: "plan accepted", at: at(140.5), data: { steps: 3, reviewer: HOSTILE } },
      { name: "budget is tight", at: at(1480), level: "WARNING", data: "12 % left" },
      { name: "checkpoint", at: at(2100) },
    ],
  });
  span(root, "gpt-call", "llm_call", [160, 900], {
    ...shared,
    input: [
      { role: "system", content: "You plan trips." },
      { role: "user", content: "Cork to Galway, three days." },
    ],
    output: "Day one: Killarney.",
    metadata: { ...planner, model: "gpt-4o", model_parameters: { temperature: 0.7 }, input_tokens: 24, output_tokens: 8, total_tokens: 32, cost_usd: 0.00014 },
  });
  const searcher = span(root, "searcher", "agent", [910, 2050], { ...shared, user_id: "u-2", metadata: of("searcher", "finds rooms", "planner") });
  span(searcher, "find rooms", "tool_call", [930, 1500], {
    ...shared,
    level: "ERROR",
    input: { city: "Killarney", list: "…" },
    output: [],
    metadata: { ...of("searcher", "finds rooms", "planner"), truncated: true, capture_complete: false },
    events: [
      { name: "retry", at: at(1100), level: "WARNING", data: { attempt: 2 } },
      { name: "gave up", at: at(1450), level: "ERROR" },
    ],
  });
  span(searcher, "note down", "action", [1510, 2040], { ...shared, level: "DEBUG", metadata: of("searcher", "finds rooms", "planner") });
  return trace;
}

/** Sampled out, and kept because it failed. */
export function skeletonTrace(began = Date.now() - 3000) {
  const trace = traceOf(began);
  const skeleton = { source: "decorator", skeleton: true };
  const error = { type: "billing::Timeout", message: "no answer within 300 ms" };
  const root = trace.span(null, "charge_card", "function", [0, 412], { status: "error", error, output: { error: error.message, error_type: error.type }, metadata: skeleton });
  trace.span(root, "post", "function", [10, 410], { metadata: skeleton });
  return trace;
}

/** A single model call of its own. */
export function callTrace({ began = Date.now() - 900, name = "summarise", model = "claude-sonnet-4-5", tags = ["batch"], status = "success", text = "A short text." } = {}) {
  const trace = traceOf(began);
  const failed = status === "error";
  trace.span(null, name, "llm_call", [0, status === "running" ? null : 840.25], {
    status,
    tags,
    input: { model, max_tokens: 256, messages: [{ role: "user", content: text }] },
    ...(failed
      ? { error: { message: "429 Too Many Requests: rate limit reached", type: "ApiError" } }
      : { output: { message: { role: "assistant", content: `In short: ${text}` } } }),
    metadata: { provider: "anthropic", model, request_model: model, input_tokens: 940, output_tokens: failed ? 0 : 122, total_tokens: failed ? 940 : 1062, cost_usd: failed ? 0 : 0.00465 },
  });
  return trace;
}

/** A root with many spans below it. */
export function wideTrace(count, began = Date.now() - 60_000) {
  const trace = traceOf(began);
  const root = trace.span(null, "index_documents", "agent", [0, count * 5 + 10], { tags: ["bulk"] });
  let group = root;
  for (let n = 1; n < count; n++) {
    if (n % 50 === 1) group = trace.span(root, `batch ${Math.ceil(n / 50)}`, "function", [n * 5, (n + 50) * 5]);
    else trace.span(group, `document ${n}`, n % 3 ? "embedding" : "retrieval", [n * 5, n * 5 + 4]);
  }
  return trace;
}

/** Sends to the collector, flat, in the batches it takes. */
export async function ingest(base, ...traces) {
  const records = traces.flatMap((trace) => trace.records ?? trace);
  for (let at = 0; at < records.length; at += 5000) {
    const response = await fetch(`${base}/v1/traces/ingest`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ traces: records.slice(at, at + 5000) }),
    });
    const answer = await response.json();
    if (response.status !== 202 || answer.errors?.length) throw new Error(`ingest: ${response.status} ${JSON.stringify(answer).slice(0, 500)}`);
  }
}
