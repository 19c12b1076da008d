//! What cargo checks. Each command names the whole workspace, so that features are the same for all
//! and no crate is built twice.

use std::path::PathBuf;

use crate::run::{cargo, run, target};

pub(super) fn format() -> anyhow::Result<()> {
    run(&mut cargo("fmt --all --check"))
}

pub(super) fn build() -> anyhow::Result<()> {
    run(&mut cargo("build --workspace --bins --examples --tests"))
}

pub(super) fn tests() -> anyhow::Result<()> {
    run(&mut cargo("test --workspace"))
}

pub(super) fn clippy() -> anyhow::Result<()> {
    run(&mut cargo(
        "clippy --workspace --all-targets -- -D warnings",
    ))
}

pub(super) fn docs() -> anyhow::Result<()> {
    run(cargo("doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings"))
}

/// The `carrot` command, built if it is not.
pub(super) fn carrot() -> anyhow::Result<PathBuf> {
    build()?;
    Ok(target().join("debug/carrot"))
}
