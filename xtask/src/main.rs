//! The project's chores.
//!
//! ```text
//! cargo xtask test                    # the check that CI runs
//! cargo xtask test --only browser     # a part of it
//! cargo xtask ui                      # builds the dashboard into carrot-collector/ui/dist
//! cargo xtask prices              # refreshes the price table from the newest LiteLLM on PyPI
//! cargo xtask instructions            # counts a span's instructions, beside benches/instructions.txt
//! cargo xtask torture                 # `#[trace]` on every function of large crates; long
//! ```

#![allow(clippy::print_stdout, reason = "a command line speaks by it")]

mod check;
mod steps;
mod prices;
mod instructions;
mod torture;
mod tools;
mod run;

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "The project's chores"
)]
enum Task {
    /// Check everything, as CI does; installs what is missing and says so
    Test(check::Options),
    /// Build the dashboard into carrot-collector/ui/dist, which is checked in
    Ui,
    /// Refresh the price table in carrot-wire/data from the newest LiteLLM on PyPI; needs Python with pip
    Prices,
    /// Count the instructions of a span and compare them with benches/instructions.txt; installs valgrind
    Instructions(instructions::Options),
    /// Put `#[trace]` on every function of large crates and run their own tests, with and without; takes long
    Torture(torture::Options),
}

fn main() -> anyhow::Result<ExitCode> {
    match Task::parse() {
        Task::Test(options) => Ok(check::run(&options)),
        Task::Instructions(options) => instructions::run(&options),
        Task::Torture(options) => torture::run(&options),
        Task::Prices => {
            prices::refresh()?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Ui => {
            steps::dashboard::build()?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
