//! What a tree adds up to, kept up to date as spans come.

use std::collections::BTreeMap;

use carrot_wire::Status;

use super::span::{COST_PARTS, SpanRow};
use crate::store::Totals;

/// A list row names at most this many models and this many tags.
const MAX_LISTED: usize = 100;

/// What a label says of a span. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Label {
    /// The model that answered, or that was asked for where the answer does not say.
    Model = 1,
    /// The model that was asked for, where another name answered.
    RequestModel = 2,
    /// A tag.
    Tag = 3,
    /// The kind.
    Kind = 4,
}

/// Sums over the spans of a tree. Adding a row and taking it off again leaves no trace.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) spans: i64,
    pub(super) errors: i64,
    /// How many spans' tokens and cost are counted in.
    pub(super) usages: i64,
    pub(super) input_tokens: i64,
    pub(super) output_tokens: i64,
    pub(super) total_tokens: i64,
    pub(super) priced: i64,
    pub(super) cost: i64,
    pub(super) labels: BTreeMap<(Label, String), Count>,
}

/// How many spans have a label.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Count {
    pub(super) spans: i64,
    /// What the table says: what did not change need not be written.
    pub(super) stored: i64,
}

impl Sums {
    pub(super) fn add(&mut self, row: &SpanRow) {
        self.count(row, 1);
    }

    pub(super) fn sub(&mut self, row: &SpanRow) {
        self.count(row, -1);
    }

    fn count(&mut self, row: &SpanRow, sign: i64) {
        self.spans += sign;
        self.errors += sign * i64::from(row.status == Status::Error);
        if row.has_usage() && !row.usage_below {
            let sum = |to: &mut i64, value: Option<i64>| {
                *to = to.saturating_add(sign * value.unwrap_or(0));
            };
            sum(&mut self.input_tokens, row.input_tokens);
            sum(&mut self.output_tokens, row.output_tokens);
            sum(&mut self.total_tokens, row.total_tokens);
            sum(&mut self.cost, row.cost);
            self.usages += sign;
            self.priced += sign * i64::from(row.cost.is_some());
        }
        self.label(Label::Kind, row.kind.as_str(), sign);
        let model = row.model.as_ref().or(row.request_model.as_ref());
        if let Some(model) = model {
            self.label(Label::Model, model, sign);
        }
        if let Some(asked) = row
            .request_model
            .as_ref()
            .filter(|&asked| Some(asked) != model)
        {
            self.label(Label::RequestModel, asked, sign);
        }
        for tag in &row.tags {
            self.label(Label::Tag, tag, sign);
        }
    }

    fn label(&mut self, label: Label, value: &str, spans: i64) {
        self.labels
            .entry((label, value.to_owned()))
            .or_default()
            .spans += spans;
    }

    /// Takes everything off.
    pub(super) fn clear(&mut self) {
        let mut labels = std::mem::take(&mut self.labels);
        labels.values_mut().for_each(|count| count.spans = 0);
        *self = Sums {
            labels,
            ..Sums::default()
        };
    }

    /// Adds the sums of another tree.
    pub(super) fn join(&mut self, other: Sums) {
        self.spans += other.spans;
        self.errors += other.errors;
        self.usages += other.usages;
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.total_tokens = self.total_tokens.saturating_add(other.total_tokens);
        self.priced += other.priced;
        self.cost = self.cost.saturating_add(other.cost);
        for (label, count) in other.labels {
            self.labels.entry(label).or_default().spans += count.spans;
        }
    }

    /// As readers see them.
    pub(super) fn totals(&self) -> Totals {
        let count = |count: i64| count.max(0) as u64;
        let values = |wanted: Label| {
            let labels = self.labels.iter();
            labels
                .filter(|((label, _), count)| *label == wanted && count.spans > 0)
                .map(|((_, value), _)| value.clone())
                .take(MAX_LISTED)
                .collect()
        };
        Totals {
            spans: count(self.spans),
            errors: count(self.errors),
            input_tokens: count(self.input_tokens),
            output_tokens: count(self.output_tokens),
            total_tokens: count(self.total_tokens),
            cost_usd: (self.priced > 0).then(|| self.cost as f64 / COST_PARTS),
            models: values(Label::Model),
            tags: values(Label::Tag),
        }
    }
}
