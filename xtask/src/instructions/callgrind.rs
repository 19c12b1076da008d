//! Builds the bench and counts each of its scenarios.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::run::{announce, cargo, program, run, target};

/// A scenario and its instructions a span.
pub(super) type Counted = (String, f64);

/// Counts every scenario of the bench.
pub(super) fn count() -> anyhow::Result<Vec<Counted>> {
    let bench = build()?;
    let list = program(&bench).arg("list").output()?;
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    ensure!(!list.is_empty(), "the bench named no scenario");
    let folder = target().join("tools/callgrind");
    fs::create_dir_all(&folder)?;
    let lines = list.lines().map(|line| {
        let (name, spans) = line.split_once(' ').context("a scenario without spans")?;
        let spans: f64 = spans.parse().context("a scenario's spans are no number")?;
        let instructions = instructions(&bench, name, &folder.join(name))?;
        Ok((name.to_owned(), instructions as f64 / spans))
    });
    lines.collect()
}

/// Builds the bench; gives the path of its program.
fn build() -> anyhow::Result<PathBuf> {
    let mut command = cargo("bench --package carrot-ai --bench instructions --no-run");
    let line = announce(&command);
    let output = command
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut programs = messages.filter_map(|message: Value| {
        let ours = message["target"]["name"] == "instructions";
        let path = message["executable"].as_str().filter(|_| ours)?;
        Some(PathBuf::from(path))
    });
    programs
        .next()
        .with_context(|| format!("`{line}` named no program"))
}

/// The instructions of one scenario, of what its `measured` calls.
fn instructions(bench: &Path, scenario: &str, file: &Path) -> anyhow::Result<u64> {
    let mut out = std::ffi::OsString::from("--callgrind-out-file=");
    out.push(file);
    run(program("valgrind")
        .args(["--quiet", "--tool=callgrind", "--toggle-collect=*measured*"])
        .arg(out)
        .arg(bench)
        .arg(scenario))?;
    let text = fs::read_to_string(file).context("callgrind wrote nothing")?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let total: u64 = total
        .context("callgrind wrote no total")?
        .trim()
        .parse()
        .context("callgrind's total is no number")?;
    ensure!(
        total > 0,
        "callgrind counted nothing: the bench has no function `measured` any more"
    );
    Ok(total)
}
