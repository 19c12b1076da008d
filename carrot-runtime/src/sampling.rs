//! Which traces are kept, decided when their root opens.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use carrot_wire::{SpanKind, TraceId};

use crate::context::{Ctx, HELD, SKELETON};
use crate::inherit::{self, Inherited};
use crate::{Site, line, state};

/// The process's sampling, once tracing has started; nothing where every trace is kept.
static SAMPLING: OnceLock<Sampling> = OnceLock::new();

type Sampler = dyn Fn(&Root<'_>) -> f64 + Send + Sync;

/// What decides whether a trace is kept.
#[derive(Clone, Default)]
pub(crate) struct Sampling {
    pub(crate) rate: Option<f64>,
    pub(crate) seed: Option<String>,
    pub(crate) by_name: HashMap<String, f64>,
    pub(crate) sampler: Option<Arc<Sampler>>,
    pub(crate) keep: Vec<Keep>,
}

/// A rule that keeps a trace that was sampled out, looked at when its root ends; see
/// [`Builder::keep`](crate::Builder::keep).
#[derive(Debug, Clone, PartialEq)]
pub struct Keep(pub(crate) Rule);

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    Errors,
    SlowerThan(Duration),
    Tagged(String),
}

impl Keep {
    /// Traces in which any span failed, also one whose failure the root got over.
    pub fn errors() -> Keep {
        Keep(Rule::Errors)
    }

    /// Traces whose root took longer than this.
    pub fn slower_than(duration: Duration) -> Keep {
        Keep(Rule::SlowerThan(duration))
    }

    /// Traces in which any span has this tag.
    pub fn tagged(tag: impl Into<String>) -> Keep {
        Keep(Rule::Tagged(tag.into()))
    }
}

/// A root about to open, for a [sampler](crate::Builder::sampler) to look at.
#[derive(Debug)]
pub struct Root<'a> {
    name: &'a str,
    site: &'static Site,
    trace: TraceId,
    inherited: Option<&'a Inherited>,
}

impl Root<'_> {
    /// What it is called. A name that `#[trace]` computes is not known yet: there it is the function's.
    pub fn name(&self) -> &str {
        self.name
    }

    /// Its kind, as far as it is known when it opens.
    pub fn kind(&self) -> SpanKind {
        self.site.kind
    }

    /// The module of the traced function; empty for spans opened by hand.
    pub fn module(&self) -> &'static str {
        self.site.module
    }

    /// The tags that the attribute names as literals.
    pub fn tags(&self) -> &'static [&'static str] {
        self.site.tags
    }

    /// The trace that it begins.
    pub fn trace_id(&self) -> TraceId {
        self.trace
    }

    /// The session that it opens in.
    pub fn session(&self) -> Option<&str> {
        self.inherited?.session.as_deref()
    }

    /// The user for whom it is done.
    pub fn user(&self) -> Option<&str> {
        self.inherited?.user.as_deref()
    }
}

/// What was decided of a root.
pub(crate) struct Sampled {
    /// Bits for the context of the trace.
    pub(crate) flags: u32,
    /// How many traces this one stands for.
    pub(crate) weight: f64,
}

impl Sampled {
    const KEPT: Sampled = Sampled {
        flags: 0,
        weight: 1.0,
    };
}

/// Sets the process's sampling.
pub(crate) fn start(sampling: Sampling) {
    if sampling.decides() {
        // Set twice only if starting failed in between; then nothing was sampled yet.
        let _ = SAMPLING.set(sampling);
    }
}

/// The flags of a trace that another process left out.
pub(crate) fn sampled_out() -> u32 {
    SAMPLING.get().map_or(SKELETON, Sampling::sampled_out)
}

/// The rules of the process.
pub(crate) fn rules() -> &'static [Keep] {
    SAMPLING.get().map_or(&[], |sampling| &sampling.keep)
}

/// Decides of the root that opens with this context. A trace that another process began follows what that one
/// decided; tests capture everything.
#[inline]
pub(crate) fn decide(ctx: Ctx, remote: bool, site: &'static Site, name: &str) -> Sampled {
    match SAMPLING.get() {
        Some(sampling) if ctx.client == state::PROCESS && !remote => {
            let inherited = inherit::of(ctx);
            let root = Root {
                name,
                site,
                trace: ctx.trace_id(),
                inherited: inherited.as_deref(),
            };
            sampling.decide(&root)
        }
        _ => Sampled::KEPT,
    }
}

impl Sampling {
    fn decides(&self) -> bool {
        self.rate.is_some_and(|rate| rate < 1.0)
            || !self.by_name.is_empty()
            || self.sampler.is_some()
            || !self.keep.is_empty()
    }

    fn decide(&self, root: &Root<'_>) -> Sampled {
        let rate = self.rate_of(root);
        if rate >= 1.0 {
            Sampled::KEPT
        } else if self.draw(root) < rate {
            Sampled {
                weight: 1.0 / rate,
                ..Sampled::KEPT
            }
        } else {
            Sampled {
                flags: self.sampled_out(),
                weight: 1.0,
            }
        }
    }

    /// What becomes of a trace that is not kept outright.
    fn sampled_out(&self) -> u32 {
        if self.keep.is_empty() { SKELETON } else { HELD }
    }

    fn rate_of(&self, root: &Root<'_>) -> f64 {
        let asked = self.sampler.as_ref().map(|sampler| {
            // A sampler that panics has not said no. Neither has one that gives no number.
            // What it calls may be traced: that would ask it again.
            let ask = || line::with(Ctx::QUIET, || sampler(root));
            let asked = catch_unwind(AssertUnwindSafe(ask));
            asked.ok().filter(|rate| !rate.is_nan()).unwrap_or(1.0)
        });
        asked
            .or_else(|| self.by_name.get(root.name).copied())
            .or(self.rate)
            .unwrap_or(1.0)
    }

    /// A number from 0 to below 1: below the rate, the trace is kept. With a seed it hangs on the name alone; else on
    /// the random bits of the trace id, so that processes with the same rate agree.
    fn draw(&self, root: &Root<'_>) -> f64 {
        match &self.seed {
            Some(seed) => f64::from(fnv1a(&[seed, ":", root.name])) / (1u64 << 32) as f64,
            // The last 7 bytes, which are random by the W3C's second level as well.
            None => (root.trace.0 as u64 & ((1 << 56) - 1)) as f64 / (1u64 << 56) as f64,
        }
    }
}

impl std::fmt::Debug for Sampling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sampling")
            .field("rate", &self.rate)
            .field("seed", &self.seed)
            .field("by_name", &self.by_name)
            .field("sampler", &self.sampler.is_some())
            .field("keep", &self.keep)
            .finish()
    }
}

/// FNV-1a in 32 bits, by Glenn Fowler, Landon Curt Noll and Kiem-Phong Vo
/// (<http://www.isthe.com/chongo/tech/comp/fnv/>): what Retrace's SDK decides with.
fn fnv1a(texts: &[&str]) -> u32 {
    let bytes = texts.iter().flat_map(|text| text.bytes());
    bytes.fold(2_166_136_261, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    })
}

#[cfg(test)]
mod tests;
