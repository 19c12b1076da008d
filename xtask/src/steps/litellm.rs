//! The wrapped clients with a LiteLLM proxy that runs offline, with models that are mocks.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::run::{announce, cargo, program, run, target};
use crate::tools::python;

const REQUIREMENTS: &str = "carrot-providers/tests/litellm/requirements.txt";
const SERVE: &str = "carrot-providers/tests/litellm/serve.py";

/// What uvicorn says when it listens, before its address.
const READY: &str = "Uvicorn running on ";

/// How long the proxy may take until it listens.
const START: Duration = Duration::from_secs(180);

pub(super) fn check(is_full: bool) -> anyhow::Result<()> {
    let python = python("litellm", REQUIREMENTS)?;
    let proxy = Proxy::start(program(python).arg(SERVE))?;
    // The tests of this name are one for each client.
    let which = if is_full { "" } else { "quick" };
    let tests = format!("test --workspace --test litellm -- --ignored {which}");
    run(cargo(&tests).env("CARROT_LITELLM_URL", &proxy.url))
        .with_context(|| format!("what the proxy said is in {}", proxy.log.display()))
}

/// A proxy that ends when this is dropped, and, since its standard input is then closed, also when
/// this process is killed.
struct Proxy {
    process: Child,
    url: String,
    log: PathBuf,
}

impl Proxy {
    fn start(command: &mut Command) -> anyhow::Result<Proxy> {
        let line = announce(command);
        let log = target().join("tools/litellm.log");
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(file.try_clone()?)
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{line}`"))?;
        let said = process.stderr.take();
        let mut proxy = Proxy {
            process,
            url: String::new(),
            log,
        };
        proxy.url = ready(said.context("no standard error")?, file, &proxy.log)?;
        Ok(proxy)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // An error says that it has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits until the proxy says where it listens. What it says goes to the log, then and later.
fn ready(said: ChildStderr, mut file: File, log: &Path) -> anyhow::Result<String> {
    let (send, url) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(said).lines().map_while(Result::ok) {
            // Without a log it still has to be read, or the proxy would stop at a full pipe.
            let _ = writeln!(file, "{line}");
            let address = line.split_once(READY).map(|(_, rest)| rest);
            if let Some(address) = address.and_then(|it| it.split_whitespace().next()) {
                // Only the first is waited for.
                let _ = send.send(address.to_owned());
            }
        }
    });
    match url.recv_timeout(START) {
        Ok(url) => Ok(url),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            bail!("the proxy ended before it listened; see {}", log.display())
        }
        Err(mpsc::RecvTimeoutError::Timeout) => {
            bail!(
                "the proxy did not listen within {} s; see {}",
                START.as_secs(),
                log.display()
            )
        }
    }
}
