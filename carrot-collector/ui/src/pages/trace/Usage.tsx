/** What a model call used: tokens, money, time. */

import type { ComponentChildren } from "preact";
import type { Span } from "../../api";
import { cost, count, duration, latency, metaNumber, metaText } from "../../format";

/** The metadata that is shown here, and so not in the table below. */
export const USAGE_KEYS: ReadonlySet<string> = new Set([
  "provider",
  "model",
  "request_model",
  "input_tokens",
  "output_tokens",
  "total_tokens",
  "cached_tokens",
  "cache_write_tokens",
  "reasoning_tokens",
  "cost_usd",
  "ttft_ms",
  "finish_reason",
  "latency_ms",
]);

export function Usage({ span }: { span: Span }) {
  const number = (key: string) => metaNumber(span, key);
  const tokens = (key: string) => optional(number(key), count);
  const asked = metaText(span, "request_model");
  const model = metaText(span, "model") ?? asked;
  const facts: [label: string, value: ComponentChildren, note?: string][] = [
    ["Model", model, asked && asked !== model ? `asked for ${asked}` : undefined],
    ["Provider", metaText(span, "provider")],
    ["Input", tokens("input_tokens"), note([number("cached_tokens"), "cached"], [number("cache_write_tokens"), "written to cache"])],
    ["Output", tokens("output_tokens"), note([number("reasoning_tokens"), "reasoning"])],
    ["Cost", optional(number("cost_usd"), cost)],
    ["First token", optional(number("ttft_ms"), duration)],
    ["Speed", speed(span)],
    ["Finish", metaText(span, "finish_reason")],
  ];
  const known = facts.filter(([, value]) => value !== undefined);
  if (!known.length) return null;
  return (
    <dl class="usage" aria-label="Usage">
      {known.map(([label, value, small]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {value}
            {small && <small>{small}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function note(...parts: [number | undefined, string][]): string | undefined {
  const known = parts.filter(([value]) => value);
  return known.length ? known.map(([value, what]) => `${count(value!)} ${what}`).join(", ") : undefined;
}

/** Output tokens a second while they came: only a streamed call has a first one. */
function speed(span: Span): string | undefined {
  const first = metaNumber(span, "ttft_ms");
  const tokens = metaNumber(span, "output_tokens");
  if (first === undefined || !tokens || !span.ended_at) return undefined;
  const seconds = (latency(span, NaN) - first) / 1000;
  return seconds > 0 ? `${count(Math.round(tokens / seconds))} tok/s` : undefined;
}

const optional = <T,>(value: T | undefined, show: (value: T) => string): string | undefined => (value === undefined ? undefined : show(value));
