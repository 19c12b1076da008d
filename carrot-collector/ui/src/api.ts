/** The collector's read API: the shapes it answers with, and the two requests. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Status = "running" | "success" | "error" | "cancelled";

/** Sums over a whole trace. */
export interface Totals {
  spans: number;
  errors: number;
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  /** Null where no model in the trace has a known price. */
  cost_usd: number | null;
  models: string[];
  tags: string[];
}

export interface SpanError {
  message?: string;
  type?: string;
  chain?: Json;
}

/** What every span carries, with or without its payloads. Times are RFC 3339. */
export interface SpanHead {
  id: string;
  trace_id?: string;
  name: string;
  kind: string;
  status: Status;
  level?: string;
  started_at: string;
  ended_at?: string | null;
  tags?: string[];
  session_id?: string;
  user_id?: string;
  /** The sender's own name for it, where that is no uuid. */
  external_id?: string;
  metadata?: { [key: string]: Json };
  error?: SpanError | null;
}

/** One line of the Traces page: a root without its payloads. */
export interface Row extends SpanHead {
  totals: Totals;
}

/** A span with its payloads and everything below it, in time order. */
export interface Span extends SpanHead {
  input?: Json;
  output?: Json;
  events?: Json;
  scores?: Json;
  children?: Span[];
  totals?: Totals;
  /** The trace is larger than one answer: this is its top. */
  truncated?: boolean;
}

export interface Page {
  traces: Row[];
  next_cursor: string | null;
  /** The search did not reach everything. */
  partial?: boolean;
}

/** A request that failed. `status` is 0 when the collector could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const listTraces = (query: URLSearchParams, signal: AbortSignal): Promise<Page> =>
  get(`/v1/traces?${query}`, signal);

export const getTrace = (id: string, signal: AbortSignal): Promise<Span> =>
  get(`/v1/traces/${encodeURIComponent(id)}`, signal);

async function get<T>(path: string, signal: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { signal, headers: { accept: "application/json" } });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiError(0, "The collector does not answer.");
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return body as T;
  if (signal.aborted) throw new DOMException("aborted", "AbortError");
  throw new ApiError(response.status, errorText(body) ?? `The collector answered ${response.status}.`);
}

function errorText(body: unknown): string | undefined {
  const error = (body as { error?: unknown } | undefined)?.error;
  return typeof error === "string" ? error.slice(0, 500) : undefined;
}
