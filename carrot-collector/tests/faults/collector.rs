//! A collector in a process of its own, which can be killed and started again on the same folder and port.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;

/// In the process of a collector: its folder and its port.
const SERVES: [&str; 2] = ["FAULTS_COLLECTOR_DATA", "FAULTS_COLLECTOR_PORT"];
/// Put before the address, since the test harness prints too.
const AT: &str = "serves at ";
/// How long another program may hold the port of a collector that was killed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Not a test, but the process of a collector, when it is told so. It lives until its standard input ends, which is when
/// its test does at the latest.
#[test]
fn serve() {
    let [Ok(data), Ok(port)] = SERVES.map(std::env::var) else {
        return;
    };
    let begun = Instant::now();
    let collector = loop {
        let builder = carrot_collector::Collector::builder().data(&data);
        match builder.port(port.parse().unwrap()).start() {
            Err(error) if error.is_port_in_use() && begun.elapsed() < PATIENCE => {
                std::thread::yield_now();
            }
            started => break started.unwrap(),
        }
    };
    println!("{AT}{}", collector.url());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

pub(crate) struct Collector {
    folder: TempDir,
    url: String,
    process: Option<(Child, ChildStdin)>,
    agent: Agent,
}

impl Collector {
    /// On a free port, with an empty store.
    pub(crate) fn start() -> Collector {
        let mut collector = Collector {
            folder: tempfile::tempdir().unwrap(),
            url: "http://127.0.0.1:0".to_owned(),
            process: None,
            agent: Agent::new_with_defaults(),
        };
        collector.start_again();
        collector
    }

    /// Where it was.
    pub(crate) fn start_again(&mut self) {
        let (_, port) = self.url.rsplit_once(':').unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "collector::serve", "--nocapture"]);
        command.env(SERVES[0], self.folder.path());
        command.env(SERVES[1], port);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let stdin = process.stdin.take().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        // The harness's own line ends where the test begins to speak.
        let url = lines.find_map(|line| Some(line.unwrap().split_once(AT)?.1.to_owned()));
        self.url = url.expect("it does not start");
        self.process = Some((process, stdin));
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some((mut process, _)) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Each root that is stored: its name, and the number of spans in its tree. A span whose parent is not stored is a root.
    pub(crate) fn roots(&self) -> Vec<(String, u64)> {
        let mut roots = Vec::new();
        let mut cursor = String::new();
        loop {
            let url = format!("{}/v1/traces?limit=500{cursor}", self.url);
            let text = self.agent.get(url).call().unwrap();
            let text = text.into_body().read_to_string().unwrap();
            let page: Value = serde_json::from_str(&text).unwrap();
            roots.extend(page["traces"].as_array().unwrap().iter().map(|root| {
                let name = root["name"].as_str().unwrap().to_owned();
                (name, root["totals"]["spans"].as_u64().unwrap())
            }));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return roots,
            }
        }
    }

    /// So many trees of so many spans are stored, and nothing else.
    #[track_caller]
    pub(crate) fn assert_stored(&self, trees: usize, spans: u64) {
        let roots = self.roots();
        let broken: Vec<_> = { roots.iter() }
            .filter(|root| root.0 != "root" || root.1 != spans)
            .collect();
        assert!(broken.is_empty(), "{} are broken: {broken:?}", broken.len());
        assert_eq!(roots.len(), trees);
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.kill();
    }
}
