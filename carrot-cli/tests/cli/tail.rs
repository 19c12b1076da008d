//! `carrot tail`

use std::io::{BufRead, BufReader};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::json;

use crate::run::{Running, Serving, a_trace, carrot, error};

/// The lines of a pipe as they come.
fn lines(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

const SOON: Duration = Duration::from_secs(20);

#[test]
fn traces_are_printed_as_they_finish_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), 0);
    let (url, port) = (serving.url.clone(), serving.port());
    let mut tail = Running(
        carrot(folder.path(), &["tail", "--url", &url])
            .spawn()
            .unwrap(),
    );
    let out = lines(tail.0.stdout.take().unwrap());
    let err = lines(tail.0.stderr.take().unwrap());

    // It listens once a first line came.
    let mut number = 100;
    while out.recv_timeout(Duration::from_millis(100)).is_err() {
        number += 1;
        serving.send(&a_trace(number, "early"));
    }
    let id = carrot_wire::RecordId(1).to_string();
    serving.send(&[json!({"id": id, "name": "slow", "status": "running", "started_at": "2026-01-31T12:00:00Z"})]);
    serving.send(&a_trace(2, "pipeline"));
    serving.send(&[json!({"id": id, "status": "error", "ended_at": "2026-01-31T12:00:01Z"})]);
    serving.send(&a_trace(2, "pipeline"));
    serving.send(&a_trace(3, "last"));
    let printed = std::iter::from_fn(|| out.recv_timeout(SOON).ok());
    let printed: Vec<String> = printed
        .filter(|line| !line.contains("early"))
        .take(3)
        .collect();
    assert_eq!(
        printed,
        [
            "2026-01-31 12:00:00Z  success      2.50 s  00000000-0000-0000-0000-000000000002  pipeline  2 spans  1500 tok  $0.0075",
            "2026-01-31 12:00:00Z  error        1.00 s  00000000-0000-0000-0000-000000000001  slow  1 span",
            "2026-01-31 12:00:00Z  success      2.50 s  00000000-0000-0000-0000-000000000003  last  2 spans  1500 tok  $0.0075",
        ]
    );

    drop(serving);
    assert_eq!(
        err.recv_timeout(SOON).unwrap(),
        format!("carrot: lost the collector at {url}, trying again")
    );
    let serving = Serving::start(folder.path(), port);
    let now = carrot_wire::Timestamp::now().to_string();
    serving.send(&[
        json!({"name": "meanwhile", "status": "success", "started_at": now, "ended_at": now}),
    ]);
    assert!(
        out.recv_timeout(SOON).unwrap().contains("meanwhile"),
        "whether it was pushed or missed"
    );
}

#[test]
fn without_a_collector_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{free}");
    assert_eq!(
        error(folder.path(), &["tail", "--url", &url]),
        format!("carrot: no collector answers at {url}: start one with `carrot serve`\n")
    );
}
