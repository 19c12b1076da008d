//! What trees of records add up to.

use crate::record::meta;
use crate::tree::Forest;
use crate::{Record, price};

/// Tokens and cost of a whole forest, each counted once.
///
/// A span's tokens and cost count only where no span below it has any: an agent or a wrapper that repeats
/// the usage of the calls inside it counts nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Totals {
    /// Prompt tokens.
    pub input_tokens: u64,
    /// Answer tokens.
    pub output_tokens: u64,
    /// Both, or what the senders gave as the total.
    pub total_tokens: u64,
    /// In US dollars; `None` when no cost is known.
    pub cost_usd: Option<f64>,
}

impl Totals {
    /// Adds up a forest.
    pub fn of(forest: &Forest) -> Totals {
        let order: Vec<usize> = forest.walk().map(|step| step.index).collect();
        Totals::sum(forest, &order)
    }

    /// Adds up the trees below and at one record.
    pub fn at(forest: &Forest, index: usize) -> Totals {
        let order: Vec<usize> = forest.walk_from(&[index]).map(|step| step.index).collect();
        Totals::sum(forest, &order)
    }

    /// `order`: each record before its children.
    fn sum(forest: &Forest, order: &[usize]) -> Totals {
        let mut totals = Totals::default();
        let mut uses = vec![false; forest.len()];
        for &index in order.iter().rev() {
            let below = forest.children(index).iter().any(|&child| uses[child]);
            uses[index] = below;
            if let Some(own) = forest.get(index).and_then(Totals::own)
                && !below
            {
                uses[index] = true;
                totals.add(own);
            }
        }
        totals
    }

    /// What the record itself says, if it does.
    fn own(record: &Record) -> Option<Totals> {
        let count = |key| record.meta_u64(key);
        let (input, output) = (count(meta::INPUT_TOKENS), count(meta::OUTPUT_TOKENS));
        let sum = || match (input, output) {
            (None, None) => None,
            _ => Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))),
        };
        let total = count(meta::TOTAL_TOKENS).or_else(sum);
        let cost_usd = price::cost_of(record);
        (total.is_some() || cost_usd.is_some()).then(|| Totals {
            input_tokens: input.unwrap_or(0),
            output_tokens: output.unwrap_or(0),
            total_tokens: total.unwrap_or(0),
            cost_usd,
        })
    }

    fn add(&mut self, more: Totals) {
        self.input_tokens = self.input_tokens.saturating_add(more.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(more.output_tokens);
        self.total_tokens = self.total_tokens.saturating_add(more.total_tokens);
        self.cost_usd = match (self.cost_usd, more.cost_usd) {
            // Prices have twelve places: a sum that has more is a rest of binary fractions.
            (Some(a), Some(b)) => Some(((a + b) * 1e12).round() / 1e12),
            (a, b) => a.or(b),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn forest(records: serde_json::Value) -> Forest {
        let records = records.as_array().unwrap().iter();
        Forest::new(
            records
                .map(|record| Record::from_json(&record.to_string()).unwrap())
                .collect(),
        )
    }

    fn id(n: u32) -> String {
        format!("00000000-0000-4000-8000-{n:012}")
    }

    #[test]
    fn what_a_wrapper_repeats_counts_once() {
        let usage = json!({"input_tokens": 100, "output_tokens": 10, "cost_usd": 0.1});
        let forest = forest(json!([
            {"id": id(1), "name": "agent", "metadata": {"input_tokens": 300, "output_tokens": 30, "cost_usd": 9.0}},
            {"id": id(2), "parent_id": id(1), "name": "wrapper", "metadata": usage},
            {"id": id(3), "parent_id": id(2), "name": "call", "metadata": usage},
            {"id": id(4), "parent_id": id(1), "name": "call", "metadata": {"total_tokens": 7, "cost_usd": 0.2}},
            {"id": id(5), "name": "another root", "metadata": {"output_tokens": 3}},
        ]));
        let expected = Totals {
            input_tokens: 100,
            output_tokens: 13,
            total_tokens: 120,
            cost_usd: Some(0.3),
        };
        assert_eq!(Totals::of(&forest), expected);
        assert_eq!(Totals::at(&forest, 3).total_tokens, 7);
        assert_eq!(Totals::at(&forest, 4).cost_usd, None);
    }

    #[test]
    fn an_unpriced_call_is_priced_by_the_table() {
        let forest = forest(json!([{"id": id(1), "name": "call", "metadata":
            {"model": "gpt-4o-mini", "input_tokens": 1000, "output_tokens": 1000}}]));
        assert!(Totals::of(&forest).cost_usd.is_some_and(|cost| cost > 0.0));
    }
}
