//! What is traced: trees of ten spans, at a rate.

use std::time::{Duration, Instant};

use crate::clocks::Used;

/// Spans of a tree: a root and the steps below it.
pub(crate) const SPANS: u64 = 10;
pub(crate) const STEPS: u64 = SPANS - 1;

/// The arguments of each span, beside a number: so many bytes.
pub(crate) const ARGUMENTS: u64 = (QUESTION.len() + CONTEXT.len()) as u64;
pub(crate) const QUESTION: &str = "Which of the three contracts may be ended before the year is over, and what would \
    it cost us to do so by the end of the next month?";
pub(crate) const CONTEXT: &str = "A contract may be ended by either side with notice of three months to the end of a \
    quarter; who ends it earlier pays for the months that are left, at half the usual rate.";

/// How a lot of trees was made.
pub(crate) struct Made {
    pub(crate) time: Duration,
    /// CPU time of the thread that made them.
    pub(crate) cpu: Duration,
}

/// Makes so many spans, at most so many a second.
pub(crate) fn make(spans: u64, rate: Option<u64>, mut tree: impl FnMut(u64)) -> Made {
    let (started, used) = (Instant::now(), Used::now());
    let trees = spans / SPANS;
    let mut made = 0;
    while made < trees {
        let due = rate.map_or(trees, |rate| {
            let due = started.elapsed().as_secs_f64() * rate as f64 / SPANS as f64;
            trees.min(due as u64 + 1)
        });
        while made < due {
            tree(made);
            made += 1;
        }
        if made < trees {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Made {
        time: started.elapsed(),
        cpu: Used::now().thread - used.thread,
    }
}
