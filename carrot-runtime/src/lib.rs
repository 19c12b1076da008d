//! The runtime of `carrot-ai`: what a span costs, where it goes, and how it gets there.
//!
//! Read from top to bottom this is the way of a span: a [`Site`] in the code opens a [`Span`] below the
//! current one (its context is carried by [`Scope`] through futures), values are captured as JSON, and frames of
//! all that are appended to the thread's line. On the exporter's thread the assembler reads the lines,
//! closes each trace when its root ended, and makes records, which are queued, batched and delivered to
//! a collector. [`testing`] takes finished traces from the assembler instead.
//!
//! Users depend on `carrot-ai`, which re-exports what is theirs.

// Settings.
pub mod env;
mod config;
mod init;

// What a span is, and what is open.
mod site;
mod context;
mod lock;
mod state;
mod random;
mod clock;
mod inherit;
mod sampling;
mod live;
mod span;
mod current;
mod guard;
mod by_hand;
mod scope;
mod stream;
mod streamed;
mod inside;
mod session;
mod budget;
mod attach;
mod carry;
mod propagate;
mod resumable;
#[cfg(feature = "tracing")]
mod bridge;

// From values to frames.
mod secret;
mod capture;
mod line;

// From frames to records, and off.
mod assemble;
mod prices;
mod redaction;
mod export;
mod report;
mod flush;
mod exit;
mod warn;

pub mod testing;

pub use carrot_wire::llm::Usage;
pub use carrot_wire::price::{Prices, PricesError, Rates};
pub use carrot_wire::record::ErrorInfo;
pub use carrot_wire::{Level, RecordId, SpanKind, Status, TraceContext, TraceId};

pub use attach::{Surroundings, WithAttached, attach, nobody_looks};
#[cfg(feature = "tracing")]
pub use bridge::{TracingLayer, tracing_layer};
pub use budget::{Budget, Exceeded, Ledger, budget};
pub use by_hand::{agent, generation, span};
pub use carry::{Carried, FnInCurrentTrace, InCurrentTrace, InTrace, carry, spawn, spawn_blocking};
pub use config::{Builder, Compression, InitError, Transport};
#[cfg(feature = "otlp")]
pub use config::{Otlp, Profile};
pub use current::{SpanRef, current, event};
pub use flush::{
    flush, flush_async, flush_timeout, shutdown, shutdown_async, shutdown_timeout, stats,
};
pub use guard::SpanGuard;
pub use init::{Guard, builder, init};
pub use prices::prices;
pub use propagate::{Continued, continue_trace, extract, inject};
pub use redaction::{RedactEvent, redacted};
pub use report::{DestinationStats, Dropped, FlushReport, Stats};
pub use resumable::{Resumable, resumable_functions};
pub use sampling::{Keep, Root};
pub use scope::Scope;
pub use secret::Secret;
pub use session::{Session, session, user};
pub use site::Site;
pub use span::{Deferred, Span};
pub use stream::{Items, StreamScope};
pub use warn::warn_once;

/// What `#[trace]` expands to. Not for use by hand: it changes with the macro.
#[doc(hidden)]
#[allow(missing_docs, reason = "for the expansion only")]
pub mod __private {
    pub use crate::budget::budget;
    pub use crate::capture::{ErrorValue, Fields, Probe, Value};
    pub use crate::resumable::{Argument, Owned, Resumable, argument};
    pub use crate::span::Inputs;
    pub use crate::stream::Items;
    pub use crate::streamed::Streamed;
    pub use crate::{Level, Site, Span, SpanKind};
    pub use {core, inventory, std};

    /// `!`, which stable Rust does not take as a type's argument.
    pub type Never = <fn() -> ! as Returned>::Type;

    pub trait Returned {
        type Type;
    }

    impl<R> Returned for fn() -> R {
        type Type = R;
    }

    /// Names what an async block returns, in a branch that is never taken.
    pub fn returns<T>() -> T {
        unreachable!("only its type is used")
    }

    /// Names what a future gives.
    pub fn future_of<T, F: Future<Output = T>>(future: F) -> F {
        future
    }

    pub mod probes {
        pub use crate::capture::{
            CaptureDebug as _, CaptureLock as _, CaptureName as _, CaptureSerialize as _,
            CaptureShared as _, DescribeDebug as _, DescribeDeref as _, DescribeDisplay as _,
            DescribeError as _, DescribeName as _, SplitOther as _, SplitResult as _,
        };
        pub use crate::streamed::Other as _;
    }
}
