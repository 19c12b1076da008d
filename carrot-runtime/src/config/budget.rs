//! What the model calls of each run may spend.

use super::setting::Setting;
use super::{Builder, InitError};
use crate::budget::Budget;
use crate::env;

impl Builder {
    /// How many model calls one run may make: a trace, from its root on. By default `CARROT_MAX_STEPS`, else any number.
    /// See [`budget`](crate::budget()) for parts of a run, and for how it is counted.
    pub fn max_steps(mut self, calls: u64) -> Builder {
        self.budget = self.budget.max_steps(calls);
        self
    }

    /// How many tokens, in and out, the model calls of one run may use; by default `CARROT_MAX_TOKENS`, else any number.
    pub fn max_tokens(mut self, tokens: u64) -> Builder {
        self.budget = self.budget.max_tokens(tokens);
        self
    }

    /// How many US dollars the model calls of one run may cost; by default `CARROT_MAX_USD`, else any sum.
    pub fn max_usd(mut self, usd: f64) -> Builder {
        self.budget = self.budget.max_usd(usd);
        self
    }
}

const MAX_STEPS: Setting<u64> = Setting::new("max_steps", env::MAX_STEPS, above_zero);
const MAX_TOKENS: Setting<u64> = Setting::new("max_tokens", env::MAX_TOKENS, above_zero);
const MAX_USD: Setting<f64> = Setting::new("max_usd", env::MAX_USD, above_zero);

fn above_zero<T: PartialOrd + Default>(ceiling: &T) -> Result<(), String> {
    // Nor is what is no number.
    if *ceiling > T::default() {
        return Ok(());
    }
    let why = "is not above zero, so that no model call could be made: leave it out, or raise it";
    Err(why.to_owned())
}

pub(super) fn resolve(
    given: Budget,
    var: &dyn Fn(&'static str) -> Option<String>,
) -> Result<Budget, InitError> {
    let count = |text: &str| text.parse().ok();
    Ok(Budget {
        steps: MAX_STEPS.find(given.steps, var, count)?,
        tokens: MAX_TOKENS.find(given.tokens, var, count)?,
        usd: MAX_USD.find(given.usd, var, |text| text.parse().ok())?,
    })
}
