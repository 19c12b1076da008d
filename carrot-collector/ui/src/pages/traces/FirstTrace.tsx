/** A fresh install: three ways to send the first trace. */

import { CopyButton } from "../../parts/CopyButton";

const QUICKSTART = "cargo run --example quickstart";

const MACRO = `let _carrot = carrot_ai::init();

#[carrot_ai::trace]
async fn answer_question(question: &str) -> String {
    // model calls and traced functions in here become its children
}`;

const curl = (origin: string) => `curl -X POST ${origin}/v1/traces/ingest \\
  -H 'content-type: application/json' \\
  -d '{"traces": [{
    "name": "my-agent",
    "input": {"messages": [{"role": "user", "content": "Hello"}]},
    "output": {"message": {"role": "assistant", "content": "Hi!"}},
    "metadata": {"model": "gpt-4o", "input_tokens": 10, "output_tokens": 5},
    "status": "success"
  }]}'`;

/** Where the SDK sends when it is told nothing. */
const DEFAULT_ORIGINS = ["http://127.0.0.1:7420", "http://localhost:7420"];

export function FirstTrace() {
  const { origin } = location;
  const where = DEFAULT_ORIGINS.includes(origin)
    ? "Add carrot-ai to your crate. Without a key it sends here."
    : `Add carrot-ai to your crate, and run with CARROT_BASE_URL=${origin}`;
  return (
    <section class="first-trace" aria-labelledby="first-trace">
      <h2 id="first-trace">No traces yet</h2>
      <p>Send one in any of these ways. It appears here by itself.</p>
      <ol>
        <Way title="Run the quickstart" note="A small agent with a retry, a tool call and a streamed answer." code={QUICKSTART} />
        <Way title="Trace your own function" note={where} code={MACRO} />
        <Way title="Post a trace" note="From any language." code={curl(origin)} />
      </ol>
    </section>
  );
}

function Way({ title, note, code }: { title: string; note: string; code: string }) {
  return (
    <li>
      <h3>{title}</h3>
      <p>{note}</p>
      <div class="code">
        <pre>
          <code>{code}</code>
        </pre>
        <CopyButton text={() => code} what="this" />
      </div>
    </li>
  );
}
