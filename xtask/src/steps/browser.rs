//! The browser test of the dashboard, on a `carrot serve` with a store of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use anyhow::Context;

use super::workspace;
use crate::run::{announce, program, run, target};
use crate::tools::{chromium, node, npm_packages, ui};

pub(super) fn check() -> anyhow::Result<()> {
    let chromium = chromium()?;
    if !ui().join("node_modules/playwright-core").is_dir() {
        npm_packages()?;
    }
    let store = tempfile::tempdir().context("cannot make a folder for the store")?;
    let mut server = Serve::start(&workspace::carrot()?, store.path())?;
    let url = server.url()?;
    let screenshots = target().join("tools/screenshots");
    println!("Screenshots go to {}.", screenshots.display());
    run(node("node", &["test/browser.mjs", &url])?
        .arg(&screenshots)
        .env("CARROT_CHROMIUM", chromium))
}

/// A `carrot serve` that ends when this is dropped.
struct Serve {
    process: Child,
    /// Open as long as the process may write to it.
    stdout: BufReader<ChildStdout>,
}

impl Serve {
    fn start(carrot: &Path, store: &Path) -> anyhow::Result<Serve> {
        let mut command = program(carrot);
        command.args(["serve", "--port", "0", "--data"]).arg(store);
        let line = announce(&command);
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{line}`"))?;
        let stdout = process.stdout.take().context("no standard output")?;
        let stdout = BufReader::new(stdout);
        Ok(Serve { process, stdout })
    }

    /// The address that its first line has.
    fn url(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        let mut words = line.split_whitespace();
        let url = words.find(|word| word.starts_with("http://"));
        let url = url.with_context(|| format!("`carrot serve` gave no address: {line:?}"))?;
        Ok(url.to_owned())
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // An error says that it has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
