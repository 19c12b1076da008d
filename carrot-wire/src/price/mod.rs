//! What model calls cost, by LiteLLM's price table.
//!
//! The table is vendored data (`carrot-wire/data`, MIT, refreshed by the script beside it), embedded
//! as text and searched in place. A model that is not in it has no cost, rather than a cost of zero.
//!
//! Not priced yet, and so too high or too low where they apply: batch, flex and priority tiers, and
//! audio and image tokens.

mod table;

use crate::Record;
use crate::llm::Usage;
use crate::record::meta;

pub use table::{Rates, version};

/// The rates of a model, or `None` if it is unknown.
///
/// The provider's own price comes first (`azure/gpt-4o`), then the name as it is, then without its
/// leading parts (`openai/gpt-4o`). Of a name that is not in the table the longest beginning counts
/// that ends before a `-`, `:` or `@`: `gpt-4o-2099-01-01` is priced as `gpt-4o`.
pub fn rates(provider: &str, model: &str) -> Option<Rates> {
    table::find(provider, model)
}

impl Rates {
    /// The cost of a call in USD, or `None` when no tokens or no rate for them are known.
    ///
    /// `usage.input` includes cached tokens and `usage.output` includes reasoning, as everywhere
    /// here; each token is paid for once. A kind of token without a rate of its own is paid for as
    /// plain input or output.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        if usage.input.is_none() && usage.output.is_none() {
            return None;
        }
        let all_input = usage.input.unwrap_or(0);
        let cached = usage.cached.unwrap_or(0).min(all_input);
        let written = usage.cache_write.unwrap_or(0).min(all_input - cached);
        let fresh = all_input - cached - written;
        let all_output = usage.output.unwrap_or(0);
        let reasoning = usage.reasoning.unwrap_or(0).min(all_output);
        let answer = all_output - reasoning;

        let rates = self.for_input(all_input);
        let parts = [
            (fresh, rates.input),
            (cached, rates.cached.or(rates.input)),
            (written, rates.cache_write.or(rates.input)),
            (answer, rates.output),
            (reasoning, rates.reasoning.or(rates.output)),
        ];
        let mut millionths = 0.0;
        for (tokens, rate) in parts.into_iter().filter(|(tokens, _)| *tokens > 0) {
            millionths += tokens as f64 * rate?;
        }
        // USD to twelve places, so that sums read as prices and not as floating point.
        Some((millionths * 1e6).round() / 1e12)
    }
}

/// What the record's call cost in USD: what its sender says, else what its tokens cost at the rates of the
/// model that answered, or of the one that was asked for.
pub fn cost_of(record: &Record) -> Option<f64> {
    if record.metadata.contains_key(meta::COST_USD) {
        return record.meta_f64(meta::COST_USD);
    }
    let provider = record.meta_str(meta::PROVIDER).unwrap_or_default();
    let models = [meta::MODEL, meta::REQUEST_MODEL].map(|key| record.meta_str(key));
    let rates = models
        .into_iter()
        .flatten()
        .find_map(|model| rates(provider, model));
    rates?.cost(&Usage::of(record))
}

/// Sets `metadata.cost_usd` where it is absent and both model and tokens are known.
pub fn apply(record: &mut Record) {
    if !record.metadata.contains_key(meta::COST_USD)
        && let Some(cost) = cost_of(record)
    {
        let metadata = &mut record.metadata;
        metadata.insert(meta::COST_USD.to_owned(), cost.into());
    }
}

#[cfg(test)]
mod tests;
