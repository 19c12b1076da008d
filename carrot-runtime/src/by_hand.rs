//! Spans opened by hand.

use carrot_wire::SpanKind;

use crate::{Site, Span, SpanGuard};

static SPAN: Site = Site::new("span").source("manual");
static GENERATION: Site = Site::new("generation")
    .kind(SpanKind::LlmCall)
    .source("manual");
static AGENT: Site = Site::new("agent").kind(SpanKind::Agent).source("manual");

/// Opens a span below the current one, or a root, and makes it current until the guard is dropped.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// # use carrot_ai::{SpanKind, testing::capture};
/// let traces = capture(|| {
///     let search = carrot_ai::span("search").kind(SpanKind::ToolCall).input("carrots");
///     search.set_output(&["soup", "cake"]);
/// });
/// let search = traces.find("search").unwrap();
/// assert_eq!((search.kind(), search.output()[0].as_str()), ("tool_call", Some("soup")));
/// ```
///
/// Around an `.await` there is [`SpanGuard::scope`].
#[inline]
pub fn span(name: &str) -> SpanGuard {
    Span::open_named(&SPAN, name).enter()
}

/// Opens a span for a call of a model that no wrapped client records.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// # use carrot_ai::{Usage, testing::capture};
/// # use serde_json::json;
/// let traces = capture(|| {
///     let call = carrot_ai::generation("gpt-call")
///         .model("gpt-4o")
///         .model_parameters(&json!({"temperature": 0.7}))
///         .input(&json!([{"role": "user", "content": "Hello"}]));
///     call.set_output("Hi!");
///     call.set_usage(Usage::new(10, 2));
/// });
/// assert_eq!(traces.render(), "gpt-call · gpt-4o  10 → 2 tok  $0.000045\n");
/// ```
#[inline]
pub fn generation(name: &str) -> SpanGuard {
    Span::open_named(&GENERATION, name).enter()
}

/// Opens a span for the work of an agent. Every span below says whose work it is: `metadata.agent` is the
/// nearest agent's name, `agent_role` its [role](SpanGuard::role), `parent_agent` the agent that it works for.
///
/// ```
/// # use carrot_runtime::{agent, span, testing::capture};
/// let traces = capture(|| {
///     let _planner = agent("planner").role("splits the task");
///     let _searcher = agent("searcher");
///     let _step = span("search");
/// });
/// let step = traces.find("search").unwrap();
/// assert_eq!(step.metadata()["agent"], "searcher");
/// assert_eq!(step.metadata()["parent_agent"], "planner");
/// ```
#[inline]
pub fn agent(name: &str) -> SpanGuard {
    Span::open_named(&AGENT, name).enter().agent(name)
}
