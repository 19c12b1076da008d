//! Traces that cross processes: the W3C's `traceparent` and `tracestate` headers, out and in.

use carrot_wire::{SpanId, TraceContext};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::context::{Ctx, HELD, REMOTE, SKELETON};
use crate::inherit::{self, Remote};
use crate::inside::Inside;
use crate::{InTrace, SpanRef, current, line, sampling, state};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Tells the receiver of a request which span sends it: sets `traceparent`, and `tracestate` where the trace came with
/// one. Leaves the headers alone where no span is open.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// # use carrot_ai::{span, testing::capture};
/// # capture(|| {
/// let _call = span("call the billing service");
/// let mut headers = http::HeaderMap::new();
/// carrot_ai::inject(&mut headers);
/// assert!(headers["traceparent"].to_str().unwrap().starts_with("00-"));
/// # });
/// ```
///
/// For other kinds of headers there is [`SpanRef::trace_context`].
pub fn inject(headers: &mut HeaderMap) {
    let Some(context) = current().trace_context() else {
        return;
    };
    // Both are made of characters that a header may have.
    if let Ok(traceparent) = HeaderValue::try_from(context.traceparent()) {
        headers.insert(TRACEPARENT, traceparent);
    }
    match HeaderValue::try_from(context.state.as_str()) {
        Ok(state) if !context.state.is_empty() => headers.insert(TRACESTATE, state),
        _ => headers.remove(TRACESTATE),
    };
}

/// What the sender of a request said of its trace: nothing if there is no `traceparent`, or none that the standard allows.
/// To know what is wrong with one, ask [`TraceContext::from_values`].
pub fn extract(headers: &HeaderMap) -> Option<TraceContext> {
    let values = |name| headers.get_all(name).into_iter().map(HeaderValue::as_bytes);
    TraceContext::from_values(values(TRACEPARENT), values(TRACESTATE)).ok()
}

/// Goes on with a trace that another process began: what opens inside is below the sender's span. Without a context it is as
/// if nothing had been said.
///
/// ```
/// # use carrot_runtime::{continue_trace, extract, span, testing::capture};
/// let mut headers = http::HeaderMap::new();
/// headers.insert("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap());
///
/// let traces = capture(|| continue_trace(extract(&headers)).run(|| drop(span("handle"))));
/// let handled = &traces.records()[0];
/// assert_eq!(handled.trace_id.unwrap().to_string(), "0af7651916cd43dd8448eb211c80319c");
/// assert_eq!(handled.parent_span_id.unwrap().to_string(), "b7ad6b7169203331");
/// ```
///
/// The sender's decision to sample holds: of a trace that it left out only failures are kept.
pub fn continue_trace(context: impl Into<Option<TraceContext>>) -> Continued {
    Continued(context.into())
}

/// A trace to go on with; see [`continue_trace`].
#[derive(Clone, Debug)]
#[must_use = "it is gone on with in `run` and `scope`"]
pub struct Continued(Option<TraceContext>);

impl Continued {
    /// Runs `f` below the sender's span.
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.inside().run(f)
    }

    /// Runs a future below the sender's span.
    pub fn scope<F: Future>(self, future: F) -> InTrace<F> {
        self.inside().scope(future)
    }

    fn inside(self) -> Inside {
        // Also where tracing is off: what came in goes on, or this process would cut its neighbours' trace.
        let Some(context) = self.0.filter(|_| state::BUILT_IN) else {
            return Inside::here();
        };
        let outer = line::current();
        let captured = outer.client > state::PROCESS;
        let sampled_out = match context.sampled || captured {
            true => 0,
            false => sampling::sampled_out(),
        };
        let ctx = Ctx {
            trace: [(context.trace.0 >> 64) as u64, context.trace.0 as u64],
            span: context.parent.0,
            client: outer.client,
            flags: outer.flags & !(SKELETON | HELD) | REMOTE | sampled_out,
        };
        Inside::at(ctx, move |inherited| {
            inherited.remote = Some(Remote {
                state: context.state,
                random: context.random,
            });
        })
    }
}

impl SpanRef {
    /// What to tell another process that goes on with the trace; nothing where no span is open.
    pub fn trace_context(&self) -> Option<TraceContext> {
        let ctx = self.ctx();
        if ctx.span == 0 {
            return None;
        }
        let remote = inherit::of(ctx).and_then(|inherited| inherited.remote.clone());
        let Remote { state, random } = remote.unwrap_or_default();
        Some(TraceContext {
            trace: ctx.trace_id(),
            parent: SpanId(ctx.span),
            sampled: ctx.flags & (SKELETON | HELD) == 0,
            random,
            state,
        })
    }
}
