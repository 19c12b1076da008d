//! Captured traces as trees that compare and print the same in every run.

use std::fmt::Write as _;
use std::ops::Index;

use carrot_wire::Record;
use carrot_wire::draw::{self, Style};
use carrot_wire::totals::Totals;
use carrot_wire::tree::Forest;
use serde::Serialize;

use super::order::in_stable_order;
use super::span::{Span, walk};
use super::stable::Ids;

/// The traces of one capture: roots with their children, in a stable order.
///
/// Spans that ran one after the other keep their order; spans that ran at the same time are sorted by
/// name, input and output.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Traces {
    roots: Vec<Span>,
    #[serde(skip)]
    forest: Forest,
    #[serde(skip)]
    records: Vec<Record>,
}

impl Traces {
    pub(super) fn new(records: Vec<Record>) -> Traces {
        let sent = records.clone();
        let mut forest = Forest::new(in_stable_order(records));
        let ids = Ids::of(&forest);
        forest.records_mut().for_each(|record| ids.settle(record));
        Traces {
            roots: spans(&forest),
            forest,
            records: sent,
        }
    }

    /// The roots.
    pub fn roots(&self) -> &[Span] {
        &self.roots
    }

    /// Every span, each before its children.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        walk(&self.roots)
    }

    /// The first span of this name. Where it must be there, `traces["name"]` is shorter.
    pub fn find(&self, name: &str) -> Option<&Span> {
        self.spans().find(|span| span.name() == name)
    }

    /// Every span of this name.
    pub fn find_all(&self, name: &str) -> Vec<&Span> {
        self.spans().filter(|span| span.name() == name).collect()
    }

    /// The trees as text, a line a span, without times.
    pub fn render(&self) -> String {
        draw::draw(
            &self.forest,
            Style {
                timeless: true,
                color: false,
            },
        )
    }

    /// The tokens of all prompts. Here and in the other sums a span counts only where no span below it has
    /// tokens or a cost: an agent that repeats the usage of its calls counts nothing.
    pub fn input_tokens(&self) -> u64 {
        self.totals().input_tokens
    }

    /// The tokens of all answers.
    pub fn output_tokens(&self) -> u64 {
        self.totals().output_tokens
    }

    /// The tokens of all prompts and answers.
    pub fn total_tokens(&self) -> u64 {
        self.totals().total_tokens
    }

    /// What it cost in US dollars; `None` when no model in it has a known price.
    pub fn cost_usd(&self) -> Option<f64> {
        self.totals().cost_usd
    }

    fn totals(&self) -> Totals {
        Totals::of(&self.forest)
    }

    /// The records as they would have been sent, with their real ids and times, in the order in which
    /// they ended.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Panics if a span has the status `error`: names each with its error, and draws the tree.
    #[track_caller]
    pub fn assert_no_errors(&self) {
        let mut failed = String::new();
        let mut path: Vec<&str> = Vec::new();
        for step in self.forest.walk() {
            path.truncate(step.depth);
            path.push(step.record.name.as_deref().unwrap_or_default());
            if step.record.status == Some(carrot_wire::Status::Error) {
                let _ = writeln!(failed, "  {}: {}", path.join(" > "), why(step.record));
            }
        }
        assert!(
            failed.is_empty(),
            "these spans failed:\n{failed}\nin:\n{}",
            self.render()
        );
    }

    /// Panics unless spans of these names began in this order. Others may lie between them.
    #[track_caller]
    pub fn assert_order<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let mut began: Vec<&Record> = self.records.iter().collect();
        began.sort_by_key(|record| record.started_at);
        let mut began = began.into_iter();
        let mut before: Vec<&str> = Vec::new();
        for name in names {
            assert!(
                began.any(|record| record.name.as_deref() == Some(name)),
                "no `{name}` began after {before:?}, in:\n{}",
                self.render()
            );
            before.push(name);
        }
    }
}

/// The first span of a name: `traces["retrieve"]`. Panics if there is none, and draws what there is.
impl Index<&str> for Traces {
    type Output = Span;

    #[track_caller]
    fn index(&self, name: &str) -> &Span {
        let Some(found) = self.find(name) else {
            panic!("no span named `{name}` in:\n{}", self.render());
        };
        found
    }
}

/// Why a span failed, with what caused that.
fn why(record: &Record) -> String {
    let Some(error) = &record.error else {
        return "error".to_owned();
    };
    let mut why = error.message.clone();
    if !error.kind.is_empty() && !why.starts_with(&error.kind) {
        why = format!("{}: {why}", error.kind);
    }
    for cause in &error.chain {
        let _ = write!(why, "\n    caused by: {cause}");
    }
    why
}

/// The trees of a forest, made from the leaves up: each span takes its children, which are made already.
fn spans(forest: &Forest) -> Vec<Span> {
    let order: Vec<usize> = forest.walk().map(|step| step.index).collect();
    let mut above = vec![None; forest.len()];
    for &index in &order {
        for &child in forest.children(index) {
            above[child] = forest.get(index);
        }
    }
    let mut made: Vec<Option<Span>> = order.iter().map(|_| None).collect();
    for &index in order.iter().rev() {
        let children = forest.children(index);
        let children = children.iter().filter_map(|&child| made[child].take());
        let children = children.collect();
        made[index] = forest
            .get(index)
            .map(|record| Span::new(record, above[index], children));
    }
    let roots = forest.roots().iter();
    roots.filter_map(|&root| made[root].take()).collect()
}
