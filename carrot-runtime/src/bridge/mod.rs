//! Spans of the `tracing` crate, in the same trees as ours.
//!
//! The thread's current span is always the innermost of both worlds: a `tracing` span opens below it, and
//! while it is entered it is current for what opens below. So each world finds the other's spans as parents
//! without knowing of them.

mod sites;
mod stack;
mod fields;
mod events;

use carrot_wire::Record;
use carrot_wire::genai::{self, Attributes};
use tracing_core::span::{Attributes as NewSpan, Id, Record as Recorded};
use tracing_core::{Event, LevelFilter, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef as Registered};

use crate::context::{CAPTURING, Ctx, INHERITED};
use crate::{Deferred, Span, export, inherit, line, state};
use fields::Seen;
#[cfg(unix)]
pub(crate) use sites::kept;

/// A layer for a `tracing_subscriber` registry that records `tracing` spans as steps of our traces.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// use tracing_subscriber::prelude::*;
///
/// let subscriber = tracing_subscriber::registry().with(carrot_ai::tracing_layer());
/// // At the start of a program: subscriber.init()
/// # use carrot_ai::{span, testing::capture};
/// tracing::subscriber::with_default(subscriber, || {
///     let traces = capture(|| {
///         let _ours = span("answer");
///         tracing::info_span!("search", query = "rivers").in_scope(|| drop(span("rank")));
///     });
///     assert_eq!(traces.render(), "answer\n└─ search\n   └─ rank\n");
/// });
/// ```
///
/// - Spans and events of level INFO and above are recorded, so that the DEBUG and TRACE spans of HTTP
///   libraries do not flood a trace. Any other filter goes on a [`TracingLayer`].
/// - Fields become metadata. Those of the GenAI conventions (OpenTelemetry's, OpenInference's, OpenLLMetry's)
///   are understood: kind, model, tokens, messages, tools, session.
/// - Events become events of the innermost span, be it a `tracing` span or one of ours.
/// - A `tracing` span fails by an ERROR event in it, by an event of nothing but an `error` field (which is
///   what `#[instrument(err)]` writes), or by the field `otel.status_code = "ERROR"`. `otel.name` renames it.
/// - `parent: None` begins a trace of its own where a `tracing` span is current. Where none is there is nothing to
///   leave, and the span goes below ours: that is how rig opens its agents. `follows_from` is not recorded.
///
/// `tracing` does not say how a span ended: a future that is dropped half-way looks like one that finished.
pub fn tracing_layer<S>() -> Filtered<TracingLayer, LevelFilter, S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    TracingLayer::default().with_filter(LevelFilter::INFO)
}

/// What [`tracing_layer`] is made of, without a filter: `TracingLayer::default().with_filter(…)` takes those of
/// `tracing_subscriber`.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// use carrot_ai::TracingLayer;
/// use tracing::Level;
/// use tracing_subscriber::{filter::Targets, prelude::*};
///
/// let wanted = Targets::new().with_default(Level::INFO).with_target("rig", Level::DEBUG);
/// let subscriber = tracing_subscriber::registry().with(TracingLayer::default().with_filter(wanted));
/// # drop(subscriber);
/// ```
#[derive(Debug)]
pub struct TracingLayer {
    /// Ids of spans are those of one subscriber, but a thread may meet several.
    number: u64,
}

impl Default for TracingLayer {
    fn default() -> TracingLayer {
        TracingLayer {
            number: stack::next_layer(),
        }
    }
}

/// What a `tracing` span carries for us.
struct Bridged {
    span: Span,
    /// Attributes of the GenAI conventions, which are understood when the span has ended.
    attributes: Attributes,
    /// About how many bytes they hold.
    size: usize,
}

/// Understands attributes on the exporter's thread.
struct Understand {
    attributes: Attributes,
    size: usize,
}

impl Deferred for Understand {
    fn resolve(self: Box<Self>, record: &mut Record) {
        genai::fill(self.attributes, record);
    }

    fn size(&self) -> usize {
        self.size
    }
}

impl<S> Layer<S> for TracingLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, new: &NewSpan<'_>, id: &Id, ctx: Context<'_, S>) {
        let Some(registered) = ctx.span(id).filter(|_| !state::is_off()) else {
            return;
        };
        let site = sites::of(new.metadata());
        let alone = new.is_root() && ctx.lookup_current().is_some();
        let above = if alone {
            no_parent()
        } else {
            let named = new.parent().and_then(|id| bridged(&ctx.span(id)?));
            named.map_or_else(line::current, from_here)
        };
        let mut span = line::with(above, || Span::open(site));
        if !span.is_recording() {
            return;
        }
        // What came with a trace of another process is that trace's alone.
        if alone && inherit::of(span.ctx()).is_some_and(|it| it.remote.is_some()) {
            span.inherit(|inherited| inherited.remote = None);
        }
        let seen = fields::see(span.ctx(), new.fields().len(), |visit| new.record(visit));
        let mut bridged = Bridged {
            span,
            attributes: Attributes::default(),
            size: 0,
        };
        bridged.take(seen);
        registered.extensions_mut().replace(bridged);
    }

    fn on_record(&self, id: &Id, values: &Recorded<'_>, ctx: Context<'_, S>) {
        let Some(registered) = ctx.span(id) else {
            return;
        };
        // Not under the lock: the values' own code may call `tracing`.
        let Some(span) = bridged(&registered) else {
            return;
        };
        let seen = fields::see(span, values.len(), |visit| values.record(visit));
        if let Some(bridged) = registered.extensions_mut().get_mut::<Bridged>() {
            bridged.take(seen);
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        if state::is_off() || event.is_root() || export::is_ours(event.metadata()) {
            return;
        }
        let around = ctx.event_span(event).and_then(|span| bridged(&span));
        let around = around.map(from_here);
        let target = match (event.parent(), around) {
            (Some(_), Some(around)) => around,
            _ => line::current(),
        };
        events::record(event, target, around == Some(target));
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        if let Some(entered) = ctx.span(id).and_then(|span| bridged(&span)) {
            stack::enter(self.number, id, entered);
        }
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        stack::exit(self.number, id);
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let Some(registered) = ctx.span(&id) else {
            return;
        };
        let Some(bridged) = registered.extensions_mut().remove::<Bridged>() else {
            return;
        };
        let Bridged {
            mut span,
            attributes,
            size,
        } = bridged;
        if !attributes.is_empty() {
            span.defer(Box::new(Understand { attributes, size }));
        }
        // While a panic unwinds, the span's own drop says so.
        if !std::thread::panicking() {
            span.end();
        }
    }
}

impl Bridged {
    fn take(&mut self, seen: Seen) {
        for (name, value) in seen.attributes {
            self.attributes.insert(name, value);
        }
        self.size += seen.size;
        if let Some(name) = seen.name {
            self.span.rename(&name);
        }
        if seen.failed {
            let description = seen.description.unwrap_or_default();
            self.span.fail("error", &description);
        }
    }
}

/// The context of a span that is recorded by us.
fn bridged<S: for<'a> LookupSpan<'a>>(span: &Registered<'_, S>) -> Option<Ctx> {
    let extensions = span.extensions();
    Some(extensions.get::<Bridged>()?.span.ctx())
}

/// A span that was named here: while a value is captured nothing is recorded, whatever is named.
fn from_here(named: Ctx) -> Ctx {
    Ctx {
        flags: named.flags | line::current().flags & CAPTURING,
        ..named
    }
}

/// No span, but the same client and session.
fn no_parent() -> Ctx {
    let current = line::current();
    let kept = CAPTURING | u32::MAX << INHERITED;
    Ctx {
        client: current.client,
        flags: current.flags & kept,
        ..Ctx::NONE
    }
}
