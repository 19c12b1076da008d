//! What model calls cost, by LiteLLM's price table and by prices of the user's own.
//!
//! ```text
//! model name ─► own prices, else the table ─► Rates ─► the call's tier and length of prompt ─► USD
//! ```
//!
//! The table is vendored data (`carrot-wire/data`, MIT, refreshed by `cargo xtask prices`), embedded as
//! text and searched in place. A model that is not in it has no cost, rather than a cost of zero.
//!
//! Known are the rates of input, output, cached, cache-write (for minutes or an hour), reasoning and audio
//! tokens, of long prompts, and of the tiers `batch`, `flex` and `priority`. Not priced is what is not
//! paid by the token (searches, images); cached audio costs what cached text does.

mod rates;
mod names;
mod table;
mod own;

use std::sync::LazyLock;

use crate::Record;
use crate::llm::Usage;
use crate::record::meta;

pub use own::{Prices, PricesError};
pub use rates::Rates;
pub use table::version;

/// The table alone.
static TABLE: LazyLock<Prices> = LazyLock::new(Prices::default);

/// The rates of a model by the table, or `None` if it is unknown.
///
/// The provider's own price comes first (`azure/gpt-4o`), then the name as it is, then without its
/// leading parts (`openai/gpt-4o`). Of a name that is not in the table the longest beginning counts
/// that ends before a `-`, `:` or `@`: `gpt-4o-2099-01-01` is priced as `gpt-4o`.
pub fn rates(provider: &str, model: &str) -> Option<Rates> {
    TABLE.rates(provider, model)
}

/// What the record's call cost in USD: what its sender says, else what its tokens cost by the table at the
/// rates of the model that answered, or of the one that was asked for.
pub fn cost_of(record: &Record) -> Option<f64> {
    TABLE.cost_of(record)
}

/// Sets `metadata.cost_usd` where it is absent and both model and tokens are known to the table.
pub fn apply(record: &mut Record) {
    TABLE.apply(record);
}

impl Prices {
    /// The same as [`cost_of`], with prices of the user's own.
    pub fn cost_of(&self, record: &Record) -> Option<f64> {
        if record.metadata.contains_key(meta::COST_USD) {
            return record.meta_f64(meta::COST_USD);
        }
        let provider = record.meta_str(meta::PROVIDER).unwrap_or_default();
        let models = [meta::MODEL, meta::REQUEST_MODEL].map(|key| record.meta_str(key));
        let tier = record.meta_str(meta::SERVICE_TIER);
        self.cost(provider, models, tier, &Usage::of(record))
    }

    /// The same as [`apply`], with prices of the user's own.
    pub fn apply(&self, record: &mut Record) {
        if !record.metadata.contains_key(meta::COST_USD)
            && let Some(cost) = self.cost_of(record)
        {
            let metadata = &mut record.metadata;
            metadata.insert(meta::COST_USD.to_owned(), cost.into());
        }
    }
}

#[cfg(test)]
mod tests;
