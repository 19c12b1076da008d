/** Line icons on a 16-pixel grid, drawn here so that nothing is fetched. */

const PATHS = {
  // Kinds of spans.
  function: "M11 3.2c-1.9-.6-2.8.3-3.1 2L6.6 11c-.3 1.7-1.2 2.5-2.9 1.9M5 6.5h5",
  llm_call: "M8 2.5 9.3 6.7 13.5 8 9.3 9.3 8 13.5 6.7 9.3 2.5 8l4.2-1.3z",
  tool_call: "M13.2 4.8 11 7 9 5l2.2-2.2a3.4 3.4 0 0 0-4.5 4.3L2.9 10.9a1.5 1.5 0 0 0 2.2 2.2l3.8-3.8a3.4 3.4 0 0 0 4.3-4.5z",
  tool_result: "M13 4v4.5H4M7 5.5l-3 3 3 3",
  retrieval: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2",
  embedding: "M4 4h.01M8 4h.01M12 4h.01M4 8h.01M8 8h.01M12 8h.01M4 12h.01M8 12h.01M12 12h.01",
  agent: "M8 2 13.2 5v6L8 14l-5.2-3V5zM8 6.2v3.6M6.2 8h3.6",
  reasoning: "M6 11.5h4M6.5 13.5h3M8 2.5a4 4 0 0 0-2.2 7.3V11h4.4V9.8A4 4 0 0 0 8 2.5z",
  action: "M5 3.5v9l7-4.5z",
  event: "M4 13.5v-11h8l-2 3 2 3H4",
  error: "M8 2.5 14 13H2zM8 6.5v3M8 11.3v.01",
  fork_point: "M5 3v10M5 9.5c0-2.5 6-1.5 6-4.5M11 5V3",
  // Everything else.
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2",
  close: "m4.5 4.5 7 7M11.5 4.5l-7 7",
  copy: "M5.5 5.5V3h7.5v7.5h-2.5M3 5.5h7.5V13H3z",
  check: "m3.5 8.5 3 3 6-7",
  chevron: "m6 4 4 4-4 4",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  filter: "M2.5 4h11M4.5 8h7M6.5 12h3",
  expand: "m5 6 3-3 3 3M5 10l3 3 3-3",
  collapse: "m5 3 3 3 3-3M5 13l3-3 3 3",
  up: "M8 13V3.5M4 7l4-4 4 4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, class: className = "" }: { name: IconName; class?: string }) {
  return (
    <svg class={`icon ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The icon of a span's kind; a kind we do not know looks like a function. */
export function KindIcon({ kind }: { kind: string }) {
  const name = Object.hasOwn(PATHS, kind) ? (kind as IconName) : "function";
  return (
    <span class="kind" data-kind={kind} title={kind}>
      <Icon name={name} />
    </span>
  );
}
