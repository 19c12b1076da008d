/** Whose work the span is, where several agents share a trace. */

import type { Span } from "../../api";
import { clip, metaText } from "../../format";
import { KindIcon } from "../../parts/Icon";

/** The metadata that is shown here. */
export const agentKeys = (span: Span): string[] =>
  metaText(span, "agent") ? ["agent", "agent_role", "parent_agent"].filter((key) => metaText(span, key)) : [];

export function AgentLine({ span }: { span: Span }) {
  const agent = metaText(span, "agent");
  const role = metaText(span, "agent_role");
  const above = metaText(span, "parent_agent");
  if (!agent) return null;
  return (
    <p class="agent-line">
      <KindIcon kind="agent" />
      <b>{clip(agent, 80)}</b>
      {role && <span>{clip(role)}</span>}
      {above && <span>works for {clip(above, 80)}</span>}
    </p>
  );
}
