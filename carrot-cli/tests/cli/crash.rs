//! kill -9 in the middle of ingest loses nothing that was answered.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::run::Serving;

const CLIENTS: u64 = 4;
const RECORDS: usize = 100;
/// The collector is killed as soon as this many requests of a round were answered.
const ANSWERS: usize = 20;

#[test]
fn what_was_answered_outlives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (answered, requests) = (Mutex::default(), AtomicU64::new(0));
    for _ in 0..5 {
        let serving = Serving::start(folder.path(), 0);
        let round = Round {
            url: serving.url.clone(),
            answered: &answered,
            requests: &requests,
            until: answered.lock().unwrap().len() + ANSWERS,
            collector: Mutex::new(serving),
        };
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| round.send_until_it_breaks());
            }
        });
    }

    let serving = Serving::start(folder.path(), 0);
    let found = all_names(&serving.url);
    let answered = answered.into_inner().unwrap();
    let lost: Vec<_> = answered
        .iter()
        .filter(|&request| found.get(request) != Some(&RECORDS))
        .collect();
    assert!(
        lost.is_empty(),
        "of {} requests answered, lost: {lost:?}",
        answered.len()
    );
    let torn: Vec<_> = found
        .iter()
        .filter(|&(_, &records)| records != RECORDS)
        .collect();
    assert!(
        torn.is_empty(),
        "requests are kept whole or not at all: {torn:?}"
    );

    let some = answered.into_iter().step_by(20);
    for request in some {
        let url = format!("{}/v1/traces?name=request%20{request}&limit=1", serving.url);
        let page: Value = read(&url);
        let id = page["traces"][0]["id"].as_str().unwrap().to_owned();
        let trace = read(&format!("{}/v1/traces/{id}", serving.url));
        assert_eq!(
            trace["input"]["request"], request,
            "its payload is there too"
        );
    }
}

/// One life of a collector.
struct Round<'a> {
    url: String,
    /// The requests that were answered, in all rounds.
    answered: &'a Mutex<Vec<u64>>,
    requests: &'a AtomicU64,
    until: usize,
    collector: Mutex<Serving>,
}

impl Round<'_> {
    fn send_until_it_breaks(&self) {
        let agent = ureq::Agent::new_with_defaults();
        loop {
            let request = self.requests.fetch_add(1, Ordering::Relaxed);
            let body = body(request);
            let Ok(answer) = agent
                .post(format!("{}/v1/traces/ingest", self.url))
                .send(body)
            else {
                return;
            };
            assert_eq!(answer.status(), 202);
            let mut answered = self.answered.lock().unwrap();
            answered.push(request);
            if answered.len() == self.until {
                // At once: what was answered too early has no time to get to the disk.
                self.collector.lock().unwrap().child.0.kill().unwrap();
            }
        }
    }
}

fn body(request: u64) -> String {
    let records: Vec<Value> = (0..RECORDS)
        .map(|record| {
            let input = json!({"request": request, "text": "word ".repeat(100)});
            json!({"name": format!("request {request}"), "started_at": "2026-01-31T12:00:00Z",
                "metadata": {"record": record}, "input": input})
        })
        .collect();
    json!({"traces": records}).to_string()
}

fn read(url: &str) -> Value {
    let text = ureq::get(url)
        .call()
        .unwrap()
        .into_body()
        .read_to_string()
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

/// How many records there are of each request.
fn all_names(url: &str) -> HashMap<u64, usize> {
    let mut found = HashMap::new();
    let mut cursor = String::new();
    loop {
        let page = read(&format!("{url}/v1/traces?limit=500&cursor={cursor}"));
        for row in page["traces"].as_array().unwrap() {
            let request = row["name"]
                .as_str()
                .unwrap()
                .strip_prefix("request ")
                .unwrap();
            *found.entry(request.parse().unwrap()).or_default() += 1;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return found,
        }
    }
}
