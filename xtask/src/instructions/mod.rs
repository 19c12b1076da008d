//! `cargo xtask instructions`: how many instructions a span takes, beside the baseline that is checked in.
//!
//! The bench `instructions` runs under callgrind, which counts the same in every run and under any load: a change of
//! the hot path shows here where times would drown in noise.

mod callgrind;
mod baseline;

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, ensure};

use crate::run::root;
use crate::tools::valgrind;
use baseline::{Baseline, Machine};

/// Where the baseline is, below the root.
const FILE: &str = "benches/instructions.txt";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Write what is counted as the new baseline
    #[arg(long)]
    write: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let file = root().join(FILE);
    let machine = Machine::this()?;
    let baseline = if options.write {
        None
    } else {
        // Before anything is built: what cannot be compared need not be counted.
        let text = fs::read_to_string(&file)
            .with_context(|| format!("cannot read {FILE}; `--write` makes one"))?;
        let baseline: Baseline = text.parse().context(FILE)?;
        ensure!(
            baseline.machine.kind == machine.kind,
            "{FILE} was counted on {}, and this is {}: the two cannot be compared (`--write` makes one for this machine)",
            baseline.machine.kind,
            machine.kind
        );
        Some(baseline)
    };
    valgrind()?;
    let counted = callgrind::count()?;
    let Some(baseline) = baseline else {
        let baseline = Baseline { machine, counted };
        fs::write(&file, baseline.to_string()).with_context(|| format!("cannot write {FILE}"))?;
        println!("\n{baseline}\nThis is {FILE} now.");
        return Ok(ExitCode::SUCCESS);
    };
    let comparison = baseline.compare(&counted);
    println!("\n{}", comparison.table);
    if baseline.machine.rustc != machine.rustc {
        println!(
            "The baseline is of {}, this is {}: some of the difference may be the compiler's.",
            baseline.machine.rustc, machine.rustc
        );
    }
    for line in &comparison.better {
        println!("{line}");
    }
    for line in &comparison.worse {
        println!("FAILED: {line}");
    }
    Ok(match comparison.worse.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
