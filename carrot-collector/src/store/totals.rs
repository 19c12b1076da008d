//! What a trace adds up to.

use serde::Serialize;

/// Sums over a span and everything below it.
///
/// A span's tokens and cost count only where no span below it has any: a wrapper that repeats the
/// usage of the calls inside it counts nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Totals {
    /// How many spans there are.
    pub(crate) spans: u64,
    /// How many of them have the status `error`.
    pub(crate) errors: u64,
    /// Prompt tokens.
    pub(crate) input_tokens: u64,
    /// Answer tokens.
    pub(crate) output_tokens: u64,
    /// Both, or what the senders gave as the total.
    pub(crate) total_tokens: u64,
    /// In US dollars; `None` when no cost is known.
    pub(crate) cost_usd: Option<f64>,
    /// The models that answered, or that were asked for where the answer does not say.
    pub(crate) models: Vec<String>,
    /// The tags of all spans.
    pub(crate) tags: Vec<String>,
}
