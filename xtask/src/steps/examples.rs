//! The examples, run as a reader would.

use anyhow::{Context, ensure};

use super::workspace;
use crate::run::{cargo, output, program, root, target};

/// The examples that look at their traces themselves, where they are built.
const SHORT: [&str; 5] = [
    "examples/budget",
    "examples/recordings",
    "examples/ureq_anthropic",
    "examples/ureq_openai",
    // A crate of its own.
    "rig-agent-example",
];

pub(super) fn check() -> anyhow::Result<()> {
    workspace::build()?;
    for example in SHORT {
        let text = output(&mut program(target().join("debug").join(example)))?;
        ensure!(!text.trim().is_empty(), "{example} printed nothing");
    }
    quickstart()
}

/// The quickstart in an empty folder, and `carrot show` on the store that it leaves behind.
fn quickstart() -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("cannot make a folder to run in")?;
    let text = output(
        cargo("run --quiet --manifest-path")
            .arg(root().join("Cargo.toml"))
            .args(["--example", "quickstart", "--", "--once", "--port", "0"])
            .current_dir(folder.path()),
    )?;
    let id = text.lines().last().unwrap_or_default();
    ensure!(
        is_uuid(id),
        "the quickstart's last line is no trace id: {id:?}"
    );

    let mut show = program(workspace::carrot()?);
    let shown = output(
        show.args(["show", id, "--data", ".carrot"])
            .current_dir(folder.path()),
    )?;
    ensure!(!shown.trim().is_empty(), "`carrot show` drew nothing");
    Ok(())
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    let digits = text.chars().all(|it| it == '-' || it.is_ascii_hexdigit());
    digits && lengths.eq([8, 4, 4, 4, 12])
}
