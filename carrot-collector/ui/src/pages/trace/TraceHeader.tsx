/** What the whole trace amounts to. */

import "./header.css";
import type { ComponentChildren } from "preact";
import type { Span } from "../../api";
import { clip, cost, count, duration, latency, metaNumber, moment, parseTime, plural } from "../../format";
import { useNow } from "../../now";
import { CopyButton } from "../../parts/CopyButton";
import { KindIcon } from "../../parts/Icon";
import { LevelMark, Pick, Started, StatusMark, Tags } from "../../parts/Labels";
import { listPath } from "../../route";

export function TraceHeader({ trace }: { trace: Span }) {
  const now = useNow(trace.status === "running" ? 250 : 10_000);
  const { totals } = trace;
  const tags = totals?.tags ?? trace.tags ?? [];
  const weight = metaNumber(trace, "sample_weight") ?? 1;
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
        <LevelMark level={trace.level} />
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
        {trace.session_id && (
          <Fact label="Session">
            <Pick filter="session" value={trace.session_id} />
          </Fact>
        )}
        {trace.user_id && (
          <Fact label="User">
            <Pick filter="user" value={trace.user_id} />
          </Fact>
        )}
        {weight > 1 && (
          <Fact label="Sampled">
            <span title="Of so many like it, one was kept">stands for {weightText(weight)} runs</span>
          </Fact>
        )}
      </dl>
      {trace.metadata?.skeleton === true && (
        <p class="hint">Sampled out; kept because it failed: names, times and the error only.</p>
      )}
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

/** A rate of 0.3 makes 3.33 of one. */
const weightText = (weight: number): string => count(weight < 10 ? Math.round(weight * 100) / 100 : Math.round(weight));
