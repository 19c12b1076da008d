//! What the model calls of each run may spend.

use super::{Builder, InitError, setting};
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

pub(super) fn resolve(
    given: Budget,
    var: &dyn Fn(&'static str) -> Option<String>,
) -> Result<Budget, InitError> {
    let count = |text: &str| text.parse().ok();
    let budget = Budget {
        steps: setting(given.steps, env::MAX_STEPS, var, count)?,
        tokens: setting(given.tokens, env::MAX_TOKENS, var, count)?,
        usd: setting(given.usd, env::MAX_USD, var, |text| text.parse().ok())?,
    };
    match budget.sensible() {
        (budget, None) => Ok(budget),
        (_, Some(what)) => Err(InitError::setting(
            what,
            "is not above zero, so that no model call could be made: leave it out, or raise it",
        )),
    }
}
