//! The `carrot` command.

mod args;
mod serve;
mod source;
mod client;
mod table;
mod trace;
mod show;
mod ls;
mod tail;
mod spool;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Serve(args) => serve::run(args),
        Command::Show(args) => show::run(&args),
        Command::Ls(args) => ls::run(&args),
        Command::Tail(args) => tail::run(&args),
        Command::Spool(args) => spool::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough: `carrot ls | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[allow(
    clippy::print_stderr,
    reason = "the one place where a failed command says why"
)]
fn report(error: &anyhow::Error) {
    eprintln!("carrot: {error:#}");
}
