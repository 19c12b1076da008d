//! What cargo checks. Each command names the whole workspace, so that features are the same for all
//! and no crate is built twice.

use std::path::PathBuf;

use crate::run::{cargo, run, target};

/// Those of `carrot-ai` that stand alone.
const FEATURES: [&str; 12] = [
    "anthropic-ai-sdk",
    "async-openai",
    "bedrock",
    "genai",
    "metrics",
    "misanthropic",
    "otlp",
    "relay",
    "reqwest-middleware",
    "rig",
    "tracing",
    "ureq",
];

pub(super) fn format() -> anyhow::Result<()> {
    run(&mut cargo("fmt --all --check"))
}

pub(super) fn build() -> anyhow::Result<()> {
    run(&mut cargo("build --workspace --bins --examples --tests"))
}

/// `is_full` has the tests that take long take as long as they may: those look at `TEST_FULL`.
pub(super) fn tests(is_full: bool) -> anyhow::Result<()> {
    let mut tests = cargo("test --workspace --no-fail-fast");
    if is_full {
        tests.env("TEST_FULL", "1");
    }
    run(&mut tests)
}

/// `is_full` adds each adapter alone: built together they lend each other the features of what they depend on.
pub(super) fn clippy(is_full: bool) -> anyhow::Result<()> {
    run(&mut cargo(
        "clippy --workspace --all-targets --keep-going -- -D warnings",
    ))?;
    run(&mut cargo(
        "clippy --package carrot-ai --no-default-features -- -D warnings",
    ))?;
    if is_full {
        for feature in FEATURES {
            let check = format!("clippy --package carrot-ai --features {feature} -- -D warnings");
            run(&mut cargo(&check))?;
        }
    }
    Ok(())
}

/// With the examples, since features are those of the other steps only where they are asked for.
pub(super) fn docs() -> anyhow::Result<()> {
    let doc = "doc --workspace --no-deps --lib --bins --examples --keep-going";
    run(cargo(doc).env("RUSTDOCFLAGS", "-D warnings"))
}

/// The `carrot` command, built if it is not.
pub(super) fn carrot() -> anyhow::Result<PathBuf> {
    build()?;
    Ok(target().join("debug/carrot"))
}
