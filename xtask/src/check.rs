//! `cargo xtask test`: the steps one after the other, and what became of them.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::steps::Step;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Run only these steps
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<Step>,
    /// Add what takes long: every path through every wrapped client, rather than one through each, and floods of a million spans
    #[arg(long)]
    full: bool,
}

/// How a step ended.
enum Outcome {
    Passed,
    Failed(anyhow::Error),
    NotRun,
}

/// Runs what is asked for. A step that fails stops only those that need what it makes.
pub(crate) fn run(options: &Options) -> ExitCode {
    let wanted = |step: &Step| options.only.is_empty() || options.only.contains(step);
    let mut results: Vec<(Step, Outcome, Duration)> = Vec::new();
    for step in Step::ALL.into_iter().filter(wanted) {
        println!("\n== {}: {} ==", step.name(), step.about());
        let failed = |(it, outcome, _): &(Step, Outcome, Duration)| {
            step.needs().contains(it) && !matches!(outcome, Outcome::Passed)
        };
        let started = Instant::now();
        let outcome = if results.iter().any(failed) {
            Outcome::NotRun
        } else {
            step.run(options.full)
                .map_or_else(Outcome::Failed, |()| Outcome::Passed)
        };
        let took = started.elapsed();
        println!("== {}: {} ==", step.name(), describe(&outcome, took));
        results.push((step, outcome, took));
    }
    summary(&results)
}

fn summary(results: &[(Step, Outcome, Duration)]) -> ExitCode {
    println!("\n== summary ==");
    for (step, outcome, took) in results {
        println!("{:<12} {}", step.name(), describe(outcome, *took));
    }
    let passed = results
        .iter()
        .filter(|(_, outcome, _)| matches!(outcome, Outcome::Passed));
    let passed = passed.count();
    let failed = results.len() - passed;
    println!("{passed} passed, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn describe(outcome: &Outcome, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    match outcome {
        Outcome::Passed => format!("passed in {seconds:.1} s"),
        Outcome::Failed(error) => format!("FAILED after {seconds:.1} s: {error:#}"),
        Outcome::NotRun => "FAILED: not run, since it needs a step that failed".to_owned(),
    }
}
