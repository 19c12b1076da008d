//! A traced program: this test binary again, told to be the child of one test.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use carrot_runtime::{FlushReport, Site, Span};
use serde_json::{Value, json};

use crate::collector::Collector;

const CHILD: &str = "DELIVERY_TEST_CHILD";
/// Put before what a child says, since the test harness prints too.
const SAID: &str = "said: ";

/// Whether this process is the traced program.
pub(crate) fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// The traced program of the test that is named here.
macro_rules! program {
    ($test:ident) => {
        $crate::program::Program::of(concat!(module_path!(), "::", stringify!($test)))
    };
}
pub(crate) use program;

// ---- in the child ----

pub(crate) static ROOT: Site = Site::new("root");
pub(crate) static STEP: Site = Site::new("step");

/// A span around `body`.
pub(crate) fn step<R>(site: &'static Site, body: impl FnOnce() -> R) -> R {
    Span::open(site).run(body, |_, _| {})
}

/// A root with so many steps.
pub(crate) fn steps(count: usize) {
    step(&ROOT, || (0..count).for_each(|_| step(&STEP, || ())));
}

/// Tells the parent.
pub(crate) fn say(value: Value) {
    println!("{SAID}{value}");
}

pub(crate) fn say_report(report: &FlushReport) {
    say(json!({
        "acked": report.acked, "pending": report.pending, "spooled": report.spooled,
        "queue_full": report.dropped.queue_full, "rejected": report.dropped.rejected,
        "last_error": report.last_error,
    }));
}

/// Waits for the parent's [`Running::go_on`].
pub(crate) fn wait_for_parent() {
    std::io::stdin()
        .lock()
        .read_line(&mut String::new())
        .unwrap();
}

// ---- in the parent ----

pub(crate) struct Program {
    command: Command,
    is_test: bool,
}

impl Program {
    pub(crate) fn of(test: &str) -> Program {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let (_crate, test) = test.split_once("::").unwrap();
        command.args(["--exact", test, "--nocapture"]);
        Program::with(command, true)
    }

    /// Another program, which is no test.
    pub(crate) fn at(path: &Path) -> Program {
        Program::with(Command::new(path), false)
    }

    fn with(mut command: Command, is_test: bool) -> Program {
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARROT_") || name.to_lowercase().ends_with("_proxy") {
                command.env_remove(name);
            }
        }
        command.env(CHILD, "1");
        // Long enough for a slow machine; what tests a timeout sets its own.
        let program = Program { command, is_test };
        let program = program.env("CARROT_FLUSH_TIMEOUT", "60");
        // What tests another transport, or the spool, says so.
        program
            .env("CARROT_TRANSPORT", "http")
            .env("CARROT_SPOOL", "off")
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Program {
        self.command.env(name, value);
        self
    }

    pub(crate) fn to(self, collector: &Collector) -> Program {
        self.env("CARROT_BASE_URL", collector.url())
    }

    /// Started by a shell whose script ends with `exec "$0" "$@"`.
    pub(crate) fn by_shell(self, script: &str) -> Program {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command.arg(self.command.get_program());
        command.args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Program { command, ..self }
    }

    pub(crate) fn start(mut self) -> Running {
        let command = self.command.stdin(Stdio::piped());
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let read_stderr = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).map(|_| text).unwrap()
        });
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (lines, stdout_lines) = mpsc::channel();
        // Whoever does not listen any more has ended the test.
        std::thread::spawn(move || {
            let _ = { stdout.lines() }.try_for_each(|line| lines.send(line.unwrap()));
        });
        Running {
            child,
            started,
            stdout: stdout_lines,
            heard: Vec::new(),
            is_test: self.is_test,
            read_stderr: Some(read_stderr),
        }
    }

    pub(crate) fn run(self) -> Ended {
        self.start().end()
    }
}

pub(crate) struct Running {
    child: Child,
    started: Instant,
    stdout: Receiver<String>,
    /// Lines of it that were read.
    heard: Vec<String>,
    is_test: bool,
    /// Until it was asked for.
    read_stderr: Option<JoinHandle<String>>,
}

impl Running {
    /// Ends one [`wait_for_parent`].
    pub(crate) fn go_on(&mut self) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(b"\n").unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Waits for the next that the child [says](say).
    pub(crate) fn hear(&mut self) -> Value {
        loop {
            let Ok(line) = self.stdout.recv() else {
                let stderr = self.read_stderr.take().map(|it| it.join().unwrap());
                panic!("it says nothing more: {}", stderr.unwrap_or_default());
            };
            let said = heard(&line);
            self.heard.push(line);
            if let Some(said) = said {
                return said;
            }
        }
    }

    /// Its end, which is a success.
    pub(crate) fn end(self) -> Ended {
        let ended = self.end_anyhow();
        assert!(ended.status.success(), "{ended:?}");
        ended
    }

    /// Its end, whatever that is.
    pub(crate) fn end_anyhow(mut self) -> Ended {
        let status = self.child.wait().unwrap();
        let took = self.started.elapsed();
        self.heard.extend(self.stdout);
        let ended = Ended {
            status,
            took,
            said: self.heard.iter().filter_map(|line| heard(line)).collect(),
            stderr: { self.read_stderr.take() }.map_or_else(String::new, |it| it.join().unwrap()),
        };
        let ran = !self.is_test || self.heard.iter().any(|line| line == "running 1 test");
        assert!(ran, "{:?}\n{ended:?}", self.heard);
        ended
    }
}

fn heard(line: &str) -> Option<Value> {
    let (_, said) = line.split_once(SAID)?;
    Some(serde_json::from_str(said).unwrap())
}

/// A program that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) took: Duration,
    pub(crate) said: Vec<Value>,
    pub(crate) stderr: String,
}

impl Ended {
    /// What Carrot wrote on standard error.
    pub(crate) fn warnings(&self) -> Vec<&str> {
        self.stderr
            .lines()
            .filter(|line| line.starts_with("carrot: "))
            .collect()
    }

    /// The counts of the first report: acked, pending, dropped from the queue, rejected.
    pub(crate) fn counts(&self) -> [u64; 4] {
        let report = &self.said[0];
        ["acked", "pending", "queue_full", "rejected"].map(|name| report[name].as_u64().unwrap())
    }
}
