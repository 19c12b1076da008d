//! The far end of both: a process that takes what comes, counts it, and answers as a collector does that kept it.

mod server;

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Names the port that the process is to listen at; 0 for any.
const PORT: &str = "DELIVERY_SINK_PORT";
/// Says how many milliseconds it is to wait before it answers.
const ANSWERS_AFTER: &str = "DELIVERY_SINK_ANSWERS_AFTER";

/// What came until now.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Spans that ended, each once, however often it came.
    pub(crate) spans: u64,
    /// Bytes of their arguments.
    pub(crate) arguments: u64,
    /// Bytes of the bodies and frames that they came in, each time.
    pub(crate) bytes: u64,
}

impl std::ops::Sub for Counts {
    type Output = Counts;

    fn sub(self, before: Counts) -> Counts {
        Counts {
            spans: self.spans - before.spans,
            arguments: self.arguments - before.arguments,
            bytes: self.bytes - before.bytes,
        }
    }
}

/// Serves until its parent is gone, if this process was started for it.
pub(crate) fn run() -> bool {
    let Ok(port) = std::env::var(PORT) else {
        return false;
    };
    let answers_after = std::env::var(ANSWERS_AFTER).expect("how long");
    let answers_after = Duration::from_millis(answers_after.parse().expect("milliseconds"));
    server::run(port.parse().expect("a port"), answers_after);
    true
}

/// The process, seen from the one that started it. It ends with it.
pub(crate) struct Sink {
    process: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Sink {
    /// Has it listen at that port, 0 for any, and answer after so many milliseconds.
    pub(crate) fn start(port: u16, answers_after: u64) -> Sink {
        let mut process = Command::new(std::env::current_exe().expect("a path"))
            .env(PORT, port.to_string())
            .env(ANSWERS_AFTER, answers_after.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let asks = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        let mut sink = Sink {
            process,
            asks,
            answers,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        };
        sink.address = sink.answer().parse().expect("its address");
        sink
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn counts(&mut self) -> Counts {
        let asks = self.asks.as_mut().expect("it lives");
        writeln!(asks).expect("it listens");
        serde_json::from_str(&self.answer()).expect("its counts")
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("a line");
        line.trim().to_owned()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.asks = None;
        let _ = self.process.wait();
    }
}
