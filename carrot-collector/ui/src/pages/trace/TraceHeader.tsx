/** What the whole trace amounts to. */

import "./header.css";
import type { ComponentChildren } from "preact";
import type { Span } from "../../api";
import { clip, cost, count, duration, latency, moment, parseTime, plural } from "../../format";
import { useNow } from "../../now";
import { CopyButton } from "../../parts/CopyButton";
import { KindIcon } from "../../parts/Icon";
import { Started, StatusMark, Tags } from "../../parts/Labels";
import { listPath } from "../../route";

export function TraceHeader({ trace }: { trace: Span }) {
  const now = useNow(trace.status === "running" ? 250 : 10_000);
  const { totals } = trace;
  const tags = totals?.tags ?? trace.tags ?? [];
  return (
    <header class="trace-header">
      <nav class="crumbs" aria-label="Breadcrumb">
        <a href={listPath()}>Traces</a>
        <span aria-hidden="true">/</span>
        <span class="crumb-id">{trace.id}</span>
        <CopyButton text={() => trace.id} what="the trace's id" />
      </nav>
      <div class="trace-title">
        <KindIcon kind={trace.kind} />
        <h1 title={clip(trace.name, 500)}>{clip(trace.name || "(no name)")}</h1>
        <StatusMark status={trace.status} />
        <Tags tags={tags} />
      </div>
      <dl class="facts">
        <Fact label="Started">
          <span title={moment(parseTime(trace.started_at))}>
            <Started at={trace.started_at} now={now} />
          </span>
        </Fact>
        <Fact label="Latency">{duration(latency(trace, now))}</Fact>
        {totals && (
          <>
            <Fact label="Spans">
              {count(totals.spans)}
              {totals.errors > 0 && <em>{plural(totals.errors, "error")}</em>}
            </Fact>
            {totals.total_tokens > 0 && (
              <Fact label="Tokens in / out">
                {count(totals.input_tokens)} <i>/</i> {count(totals.output_tokens)}
              </Fact>
            )}
            {totals.cost_usd !== null && <Fact label="Cost">{cost(totals.cost_usd)}</Fact>}
            {totals.models.length > 0 && (
              <Fact label={totals.models.length > 1 ? "Models" : "Model"} wide>
                {clip(totals.models.slice(0, 4).join(", "))}
                {totals.models.length > 4 && ` +${totals.models.length - 4}`}
              </Fact>
            )}
          </>
        )}
        {trace.session_id && <Pick label="Session" filter="session" value={trace.session_id} />}
        {trace.user_id && <Pick label="User" filter="user" value={trace.user_id} />}
      </dl>
    </header>
  );
}

function Fact({ label, wide, children }: { label: string; wide?: boolean; children: ComponentChildren }) {
  return (
    <div data-wide={wide}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A value that leads to all traces that share it. */
const Pick = ({ label, filter, value }: { label: string; filter: string; value: string }) => (
  <Fact label={label}>
    <a href={`/?${new URLSearchParams({ [filter]: value })}`} title={`All traces of this ${filter}`}>
      {clip(value, 80)}
    </a>
  </Fact>
);
