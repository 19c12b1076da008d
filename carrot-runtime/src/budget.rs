//! What the model calls of a run may spend.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};

use crate::inherit::Inherited;
use crate::inside::Inside;
use crate::{InTrace, warn_once};

/// Dollars are counted in units of this many to the dollar, as prices are rounded.
const UNITS: f64 = 1e12;

/// Ceilings for the model calls of a run: the call that comes when one is reached is refused before it is sent.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// let budget = carrot_ai::budget().max_steps(20).max_usd(0.5);
/// let answer = budget.run(|| "an agent that calls its model again and again");
/// # let _ = answer;
/// ```
///
/// Only calls of wrapped clients count. Tokens and dollars are known when an answer has ended, so that the last call may go over
/// them; calls at the same time do not see each other's.
pub fn budget() -> Budget {
    Budget::default()
}

/// Ceilings for model calls; see [`budget`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[must_use = "it holds in `run` and `scope`"]
pub struct Budget {
    pub(crate) steps: Option<u64>,
    pub(crate) tokens: Option<u64>,
    pub(crate) usd: Option<f64>,
}

impl Budget {
    /// At most this many model calls; a call that the client tries again counts once.
    pub const fn max_steps(mut self, calls: u64) -> Budget {
        self.steps = Some(calls);
        self
    }

    /// No further call once this many tokens, in and out, are used.
    pub const fn max_tokens(mut self, tokens: u64) -> Budget {
        self.tokens = Some(tokens);
        self
    }

    /// No further call once this many US dollars are spent, by the price table. A model that is not in it counts as free.
    pub const fn max_usd(mut self, usd: f64) -> Budget {
        self.usd = Some(usd);
        self
    }

    /// Runs `f` within the budget. It is spent but once: everything inside shares it.
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.inside().run(f)
    }

    /// Runs a future within the budget, wherever it is polled.
    pub fn scope<F: Future>(self, future: F) -> InTrace<F> {
        self.inside().scope(future)
    }

    fn inside(self) -> Inside {
        Inside::changed(self.handed_down())
    }

    /// Puts it in force below, beside the budget that is there.
    pub(crate) fn handed_down(self) -> impl FnOnce(&mut Inherited) + Send + Sync + 'static {
        let (budget, ignored) = self.sensible();
        if let Some(what) = ignored {
            let what =
                format!("{what} is not above zero, and so ignored: leave it out, or raise it");
            warn_once("budget", &what);
        }
        move |inherited| {
            if budget != Budget::default() {
                inherited.budget = Some(Arc::new(Ledger::new(budget, inherited.budget.take())));
            }
        }
    }

    /// Without ceilings that nothing could pass under, the first of which is named.
    pub(crate) fn sensible(mut self) -> (Budget, Option<&'static str>) {
        let mut ignored = None;
        if self.steps.take_if(|it| *it == 0).is_some() {
            ignored.get_or_insert("max_steps");
        }
        if self.tokens.take_if(|it| *it == 0).is_some() {
            ignored.get_or_insert("max_tokens");
        }
        if self.usd.take_if(|it| it.is_nan() || *it <= 0.0).is_some() {
            ignored.get_or_insert("max_usd");
        }
        (self, ignored)
    }
}

/// The budget of every run of the process.
static OF_EVERY_RUN: OnceLock<Budget> = OnceLock::new();

pub(crate) fn start(budget: Budget) {
    if budget != Budget::default() {
        let _ = OF_EVERY_RUN.set(budget);
    }
}

pub(crate) fn of_the_process() -> Option<Budget> {
    OF_EVERY_RUN.get().copied()
}

/// A budget, and what of it is spent.
#[derive(Debug)]
pub struct Ledger {
    budget: Budget,
    steps: AtomicU64,
    tokens: AtomicU64,
    /// In [`UNITS`].
    usd: AtomicU64,
    /// The budget around it, which is spent as well.
    outer: Option<Arc<Ledger>>,
}

impl Ledger {
    fn new(budget: Budget, outer: Option<Arc<Ledger>>) -> Ledger {
        Ledger {
            budget,
            steps: AtomicU64::new(0),
            tokens: AtomicU64::new(0),
            usd: AtomicU64::new(0),
            outer,
        }
    }

    /// Takes one step, before a model call is sent.
    ///
    /// # Errors
    ///
    /// When a ceiling is reached: then the call must not be sent.
    pub fn begin_step(&self) -> Result<(), Exceeded> {
        let Budget { steps, tokens, usd } = self.budget;
        if let Some(max) = tokens
            && self.tokens.load(Relaxed) >= max
        {
            let used = self.tokens.load(Relaxed);
            return Err(Exceeded::of("max_tokens", max, used, "tokens are used"));
        }
        if let Some(max) = usd
            && self.usd.load(Relaxed) >= units(max)
        {
            let spent = self.usd.load(Relaxed) as f64 / UNITS;
            return Err(Exceeded::of("max_usd", max, spent, "US dollars are spent"));
        }
        let max = steps.unwrap_or(u64::MAX);
        let one_more = |made: u64| (made < max).then(|| made.saturating_add(1));
        if let Err(made) = self.steps.fetch_update(Relaxed, Relaxed, one_more) {
            return Err(Exceeded::of(
                "max_steps",
                max,
                made,
                "model calls were made",
            ));
        }
        let Some(outer) = &self.outer else {
            return Ok(());
        };
        outer.begin_step().inspect_err(|_| {
            self.steps.fetch_sub(1, Relaxed);
        })
    }

    /// Whether it matters what a call used.
    pub fn counts_usage(&self) -> bool {
        let here = self.budget.tokens.is_some() || self.budget.usd.is_some();
        here || self.outer.as_ref().is_some_and(|it| it.counts_usage())
    }

    /// Adds what a call used; `None` where that is not known.
    pub fn spend(&self, tokens: Option<u64>, usd: Option<f64>) {
        add(&self.tokens, tokens.unwrap_or(0));
        add(&self.usd, units(usd.unwrap_or(0.0)));
        if self.budget.tokens.is_some() && tokens.is_none() {
            warn_once(
                "budget tokens",
                "max_tokens cannot count a model call whose answer told no tokens",
            );
        }
        if self.budget.usd.is_some() && usd.is_none() {
            warn_once(
                "budget usd",
                "max_usd cannot count a model call without a price or tokens: see Builder::price",
            );
        }
        if let Some(outer) = &self.outer {
            outer.spend(tokens, usd);
        }
    }
}

fn add(sum: &AtomicU64, more: u64) {
    let _ = sum.fetch_update(Relaxed, Relaxed, |sum| Some(sum.saturating_add(more)));
}

/// A negative price, if there ever is one, counts as none.
fn units(usd: f64) -> u64 {
    (usd * UNITS).round() as u64
}

/// A model call was refused: a ceiling of its budget is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceeded {
    ceiling: &'static str,
    message: String,
}

impl Exceeded {
    fn of(
        ceiling: &'static str,
        max: impl fmt::Display,
        now: impl fmt::Display,
        what: &str,
    ) -> Exceeded {
        Exceeded {
            ceiling,
            message: format!("refused by the run's budget: {ceiling} is {max}, and {now} {what}"),
        }
    }

    /// Which ceiling it is: `max_steps`, `max_tokens` or `max_usd`.
    pub fn ceiling(&self) -> &'static str {
        self.ceiling
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Exceeded {}

#[cfg(test)]
mod tests;
