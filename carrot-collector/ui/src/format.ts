/** Numbers and times as people read them. */

import type { Json, SpanHead } from "./api";

const grouped = new Intl.NumberFormat("en-US");
const clock = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "medium",
});
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });

export const NOTHING = "–";

export const count = (n: number): string => grouped.format(n);

/** Milliseconds since 1970 with their fraction: `Date.parse` alone drops what is below one. */
export function parseTime(text: string | null | undefined): number {
  if (!text) return NaN;
  const whole = Date.parse(text);
  const fraction = /\.\d{3}(\d+)/.exec(text)?.[1];
  return fraction ? whole + Number(`0.${fraction}`) : whole;
}

/** A duration in milliseconds, to three digits or so. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return NOTHING;
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms === 0) return "0 ms";
  if (ms < 0.9995) return `${Math.round(ms * 1000)} µs`;
  if (ms < 9.995) return `${ms.toFixed(2)} ms`;
  if (ms < 99.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  const minutes = Math.round(seconds / 60);
  return `${grouped.format(Math.floor(minutes / 60))}h ${pad(minutes % 60)}m`;
}

/** A duration as a mark on an axis: no digits that say nothing. */
export const tick = (ms: number): string => (ms === 0 ? "0" : duration(ms).replace(/\.(\d*?)0+ /, (_, kept) => (kept ? `.${kept} ` : " ")));

/** US dollars, with as many digits as a fraction of a cent needs. */
export function cost(usd: number | null | undefined): string {
  if (typeof usd !== "number" || !Number.isFinite(usd)) return NOTHING;
  if (usd === 0) return "$0";
  if (usd < 0.000_001) return "<$0.000001";
  if (usd < 0.01) return `$${trimZeros(usd.toFixed(6))}`;
  if (usd < 1) return `$${usd.toFixed(4)}`;
  return `$${usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** How long ago, in one word or two; a date beyond a week. */
export function ago(time: number, now: number): string {
  if (!Number.isFinite(time)) return NOTHING;
  const seconds = Math.floor((now - time) / 1000);
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds}s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ago`;
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)}d ago`;
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? day : dayOfYear).format(time);
}

/** The moment in the reader's own time zone. */
export const moment = (time: number): string => (Number.isFinite(time) ? clock.format(time) : NOTHING);

export const size = (chars: number): string => `${count(chars)} ${chars === 1 ? "character" : "characters"}`;

export const plural = (n: number, one: string): string => `${count(n)} ${one}${n === 1 ? "" : "s"}`;

/** The beginning of what is shown on one line: senders may make it any length. */
export const clip = (text: string, length = 200): string => (text.length > length ? `${text.slice(0, length)}…` : text);

/** A number out of metadata, which senders may fill with anything. */
export function metaNumber(span: SpanHead, key: string): number | undefined {
  const value = span.metadata?.[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function metaText(span: SpanHead, key: string): string | undefined {
  const value = span.metadata?.[key];
  return typeof value === "string" && value ? value : undefined;
}

/** From start to end, or to now while it runs. Milliseconds, NaN if unknown. */
export function latency(span: SpanHead, now: number): number {
  const start = parseTime(span.started_at);
  if (span.ended_at) return parseTime(span.ended_at) - start;
  if (span.status === "running") return Math.max(0, now - start);
  return metaNumber(span, "latency_ms") ?? NaN;
}

/** JSON for the clipboard; a string stays what it is. */
export function jsonText(value: Json | undefined): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value, null, 2) ?? "";
  } catch {
    return "(nested too deeply to copy)";
  }
}

const pad = (n: number) => String(n).padStart(2, "0");
const trimZeros = (text: string) => text.replace(/0+$/, "").replace(/\.$/, "");
