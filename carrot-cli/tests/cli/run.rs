//! Running the command.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The command, in a folder of its own and without the tester's settings.
pub(crate) fn carrot(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carrot"));
    command.args(args).current_dir(folder);
    command
        .env_remove("CARROT_PROJECT_ID")
        .env_remove("CARROT_BASE_URL")
        .env_remove("CARROT_API_KEY")
        .env_remove("CARROT_SPOOL")
        .env_remove("NO_COLOR");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a finished command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn run(folder: &Path, args: &[&str]) -> Said {
    said(&mut carrot(folder, args))
}

pub(crate) fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The error of a command that must fail.
pub(crate) fn error(folder: &Path, args: &[&str]) -> String {
    let said = run(folder, args);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said:?}");
    said.err
}

/// A child that is killed when the test ends.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `carrot serve`, once it is ready.
pub(crate) struct Serving {
    pub(crate) child: Running,
    pub(crate) url: String,
}

impl Serving {
    pub(crate) fn start(folder: &Path, port: u16) -> Serving {
        let port = port.to_string();
        let mut child = Running(carrot(folder, &["serve", "--port", &port]).spawn().unwrap());
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap_or_else(|| {
            let mut error = String::new();
            child
                .0
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut error)
                .unwrap();
            panic!("carrot serve ended: {error}")
        });
        let url = first
            .unwrap()
            .strip_prefix("Carrot is ready at ")
            .unwrap()
            .to_owned();
        assert_eq!(lines.next().unwrap().unwrap(), "Traces are kept in .carrot");
        Serving { child, url }
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// Sends a signal by name.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.0.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// The exit code, which must come soon.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "carrot serve does not end");
            std::thread::yield_now();
        }
    }

    pub(crate) fn send(&self, records: &[Value]) {
        let body = json!({"traces": records}).to_string();
        let answer = ureq::post(format!("{}/v1/traces/ingest", self.url))
            .send(body)
            .unwrap();
        assert_eq!(answer.status(), 202);
    }
}

/// A trace of two spans that took 2.5 seconds.
pub(crate) fn a_trace(number: u128, name: &str) -> Vec<Value> {
    let id = carrot_wire::RecordId(number).to_string();
    vec![
        json!({"id": id, "name": name, "status": "success", "input": {"word": "needle"},
            "started_at": "2026-01-31T12:00:00Z", "ended_at": "2026-01-31T12:00:02.5Z"}),
        json!({"name": "chat.completions", "status": "error", "error": {"message": "no more", "type": "Limit"},
            "started_at": "2026-01-31T12:00:01Z", "ended_at": "2026-01-31T12:00:02Z",
            "metadata": {"parent_trace_id": id, "model": "gpt-4o", "input_tokens": 1000, "output_tokens": 500}}),
    ]
}
