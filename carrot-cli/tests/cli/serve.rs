//! `carrot serve`

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::run::{Serving, a_trace, error, run};

#[cfg(unix)]
#[test]
fn it_ends_well_on_ctrl_c_and_when_it_is_told_to() {
    for signal in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let mut serving = Serving::start(folder.path(), 0);
        serving.send(&a_trace(1, "kept"));
        serving.signal(signal);
        assert_eq!(serving.exit_code(), Some(0), "{signal}");
        let again = Serving::start(folder.path(), 0);
        let list = ureq::get(format!("{}/v1/traces", again.url))
            .call()
            .unwrap();
        assert!(list.into_body().read_to_string().unwrap().contains("kept"));
    }
}

#[test]
fn a_mistake_is_named_with_its_fix() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_eq!(
        error(folder.path(), &["serve", "--port", &port]),
        format!(
            "carrot: port {port} is in use: stop the other program or choose another with --port\n"
        )
    );
    std::fs::write(folder.path().join("file"), "").unwrap();
    let message = error(folder.path(), &["serve", "--port", "0", "--data", "file"]);
    assert!(
        message.starts_with("carrot: cannot write to the data folder file: "),
        "{message}"
    );
    assert!(
        message.ends_with("choose another with --data\n"),
        "{message}"
    );
    let message = error(
        folder.path(),
        &["serve", "--port", "0", "--host", "0.0.0.0"],
    );
    assert!(
        message.contains("access keys are not supported yet"),
        "{message}"
    );

    let _serving = Serving::start(folder.path(), 0);
    let message = error(folder.path(), &["serve", "--port", "0"]);
    assert!(
        message.contains("the store in .carrot is in use by another carrot"),
        "{message}"
    );

    let usage = run(folder.path(), &["serve", "--prot", "1"]);
    assert_eq!(usage.code, Some(2));
    assert!(usage.err.contains("'--port'"), "{}", usage.err);
}

/// Its memory shows that it held none of it.
#[cfg(target_os = "linux")]
#[test]
fn two_hundred_megabytes_are_refused_without_being_kept() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), 0);
    let mut stream = TcpStream::connect(serving.url.trim_start_matches("http://")).unwrap();
    let length = 200 << 20;
    let head = format!(
        "POST /v1/traces/ingest HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let megabyte = vec![b'x'; 1 << 20];
    for _ in 0..200 {
        stream.write_all(&megabyte).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 413") && answer.contains("larger than 64 MiB"),
        "{answer}"
    );

    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.child.0.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 100 << 10, "{kilobytes} kB at its peak");
}
