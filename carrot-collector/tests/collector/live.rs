//! Changes by push.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Server, child, id, record};

/// A listener whose stream has begun.
struct Listener(BufReader<TcpStream>);

impl Listener {
    fn new(server: &Server, project: &str) -> Listener {
        let mut stream = server.connect();
        let request = format!("GET /v1/live?project={project} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        Listener(reader)
    }

    /// The next event and its data, or `None` at the end of the stream.
    fn next(&mut self) -> Option<(String, Value)> {
        let mut event = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some(name) = line.strip_prefix("event: ") {
                event = name.trim().to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some((event, serde_json::from_str(data).unwrap()));
            }
        }
    }
}

#[test]
fn a_commit_is_pushed_within_a_second() {
    let server = Server::start();
    let mut listener = Listener::new(&server, "default");
    let mut other = Listener::new(&server, "other");
    let sent = Instant::now();
    server.send(&[child(2, 1, "child", 1)]);
    let (event, row) = listener.next().unwrap();
    assert!(sent.elapsed() < Duration::from_secs(1));
    assert_eq!(
        (event.as_str(), &row),
        ("trace", &server.read("/v1/traces")["traces"][0])
    );

    server.send(&[record(1, "root", 0)]);
    assert_eq!(
        listener.next(),
        Some(("gone".to_owned(), json!({"id": id(2)})))
    );
    let (event, row) = listener.next().unwrap();
    assert_eq!(
        (event.as_str(), &row),
        ("trace", &server.read("/v1/traces")["traces"][0])
    );
    assert_eq!(row["totals"]["spans"], 2);

    server.send_to("other", &[record(3, "elsewhere", 0)]);
    assert_eq!(
        other.next().unwrap().1["name"],
        "elsewhere",
        "nothing of another project came before"
    );
}

#[test]
fn a_shutdown_ends_the_stream() {
    let server = Server::start();
    let mut listener = Listener::new(&server, "default");
    let began = Instant::now();
    server.collector.shutdown();
    assert_eq!(listener.next(), None);
    assert!(began.elapsed() < Duration::from_secs(5));
}
