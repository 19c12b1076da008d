//! Building a copy and running its tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::crates::Crate;
use crate::run::{announce, cargo};

/// How each test ended, by the binary it is in and its name.
pub(crate) type Outcomes = BTreeMap<String, String>;

/// One run of a crate's tests.
pub(crate) struct Run {
    pub(crate) outcomes: Outcomes,
    pub(crate) took: Duration,
    /// Warnings while it was built.
    pub(crate) warnings: usize,
}

fn command(it: &Crate, folder: &Path, build: &Path, verb: &str) -> Command {
    let mut command = cargo(&format!("{verb} {}", it.targets()));
    command
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", build)
        // Dependencies, and the recorder among them, are slow without; the crate itself would be long to build.
        .args(["--config", "profile.dev.package.\"*\".opt-level=1"])
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        // A lint that the crate forbids is counted, and stops nothing.
        .env("RUSTFLAGS", "--cap-lints=warn")
        // Frames are larger with a span in each.
        .env("RUST_MIN_STACK", (256 * 1024 * 1024).to_string());
    command
}

/// Builds the tests of the copy in `folder` and runs them; what they record goes to `collector`.
pub(crate) fn run(it: &Crate, folder: &Path, build: &Path, collector: &str) -> anyhow::Result<Run> {
    let mut building = command(it, folder, build, "test --no-run");
    announce(&building);
    let output = building.output().context("cannot start cargo")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{} does not build:\n{errors}", folder.display());
    }
    let warnings = errors
        .lines()
        .filter(|line| line.starts_with("warning: ") && !line.contains(" generated "))
        .count();
    let started = Instant::now();
    let mut testing = command(it, folder, build, "test --no-fail-fast");
    testing
        .args(["--", "--test-threads=2"])
        .env("CARROT_BASE_URL", collector)
        // Some tests pass half a megabyte around a hundred thousand times.
        .env("CARROT_MAX_VALUE_BYTES", "4096");
    announce(&testing);
    let output = testing.output().context("cannot start cargo")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let mut outcomes = Outcomes::new();
    read(&text, &mut outcomes);
    if outcomes.is_empty() {
        bail!(
            "the tests of {} did not run:\n{text}{errors}",
            folder.display()
        );
    }
    // A program that ended in the middle of a test says so here only.
    for line in errors.lines().filter(|line| line.contains("(signal: ")) {
        outcomes.insert(format!("a program: {}", line.trim()), "killed".to_owned());
    }
    Ok(Run {
        outcomes,
        took: started.elapsed(),
        warnings,
    })
}

/// Reads libtest's `test name ... ok`, binary by binary. What a test prints itself may stand between.
fn read(text: &str, outcomes: &mut Outcomes) {
    let mut binary = 0;
    for line in text.lines() {
        if line.starts_with("running ") && line.contains(" test") {
            binary += 1;
        }
        let Some((name, outcome)) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.split_once(" ... "))
        else {
            continue;
        };
        let outcome = outcome.split([',', ' ', '(']).next().unwrap_or_default();
        outcomes.insert(format!("{binary} {name}"), outcome.to_owned());
    }
}

/// The tests that ended differently, with how.
pub(crate) fn differences(plain: &Outcomes, traced: &Outcomes) -> Vec<String> {
    let names = plain.keys().chain(traced.keys());
    let mut names: Vec<&String> = names.collect();
    names.sort_unstable();
    names.dedup();
    let ended = |outcomes: &Outcomes, name: &str| match outcomes.get(name) {
        Some(outcome) => outcome.clone(),
        None => "not run".to_owned(),
    };
    names
        .into_iter()
        .map(|name| (name, ended(plain, name), ended(traced, name)))
        .filter(|(_, plain, traced)| plain != traced)
        .map(|(name, plain, traced)| format!("{name}: {plain} without, {traced} with"))
        .collect()
}

/// The sources that rustc read for a crate in `folder`, by the dependency files it left in `build`.
pub(crate) fn sources(folder: &Path, build: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(build.join("debug/deps"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|it| it != "d") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        for line in text.lines() {
            // `src/lib.rs:`, with a path relative to where cargo ran.
            if let Some(source) = line.strip_suffix(':') {
                let source = folder.join(source);
                if let Ok(source) = source.strip_prefix(folder)
                    && source.extension().is_some_and(|it| it == "rs")
                {
                    sources.push(source.to_owned());
                }
            }
        }
    }
    sources.sort_unstable();
    sources.dedup();
    Ok(sources)
}
