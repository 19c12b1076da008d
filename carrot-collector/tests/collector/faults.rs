//! Bad bodies, bad settings, broken connections.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use carrot_collector::{Archive, Collector};
use serde_json::json;

use crate::server::{Server, record};

#[test]
fn a_bad_envelope_is_refused_as_a_whole() {
    let server = Server::start();
    let many = format!(r#"{{"traces":[{}{{}}]}}"#, "{},".repeat(10_000));
    let deep = format!(r#"{{"traces":{}"#, "[".repeat(100_000));
    for (body, start) in [
        (r#"{"traces":[]}"#, "traces must not be empty"),
        ("", "body is not JSON"),
        ("{\"traces\":[{}", "body is not JSON"),
        ("not json", "body is not JSON"),
        ("{}", "body has no traces"),
        ("[]", "body must be an object"),
        (
            &many,
            "10001 traces in one request, at most 10000 are taken",
        ),
        (&deep, "body is not JSON"),
    ] {
        let (status, answer) = server.post("default", body);
        let error = answer["error"].as_str().expect("a bare text");
        assert_eq!(status, 400, "{error}");
        assert!(error.starts_with(start) && error.len() < 300, "{error}");
    }
    let (status, answer) = server.post("default", b"{\"traces\":[\"\xff\"]}");
    assert_eq!(
        (status, answer["error"].as_str()),
        (400, Some("body is not UTF-8 (byte 12)"))
    );
    assert_eq!(server.names(""), [""; 0]);
}

#[test]
fn ten_thousand_records_are_taken_at_once() {
    let server = Server::start();
    let records: Vec<_> = (1..=10_000).map(|n| record(n, "r", 0)).collect();
    assert_eq!(server.send(&records).len(), 10_000);
}

#[test]
fn too_large_a_body_is_refused_with_a_reason() {
    let server = Server::with(|builder| builder.body_limit(1 << 20));
    let fits = json!({"traces": [{"name": "a", "input": "x".repeat(1_000_000)}]}).to_string();
    assert_eq!(server.post("default", &fits).0, 202);

    // A client that reads only once it has sent all of its 200 MB.
    let send = |head: &str, frame: &dyn Fn(&[u8]) -> Vec<u8>, end: &[u8]| {
        let mut stream = server.connect();
        stream.write_all(head.as_bytes()).unwrap();
        let megabyte = frame(&vec![b'x'; 1 << 20]);
        for _ in 0..200 {
            stream.write_all(&megabyte).unwrap();
        }
        stream.write_all(end).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let head = "POST /v1/traces/ingest HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let sized = send(
        &format!("{head}Content-Length: {}\r\n\r\n", 200 << 20),
        &<[u8]>::to_vec,
        b"",
    );
    let chunk = |bytes: &[u8]| [b"100000\r\n", bytes, b"\r\n"].concat();
    let chunked = send(
        &format!("{head}Transfer-Encoding: chunked\r\n\r\n"),
        &chunk,
        b"0\r\n\r\n",
    );
    for answer in [sized, chunked] {
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains(r#"{"error":"the body is larger than 1 MiB (1048576 bytes): send it in several requests"}"#));
    }

    // And one that waits for leave: it is told before it sends anything.
    let early = server.raw(&format!(
        "{head}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        200 << 20
    ));
    assert!(early.starts_with("HTTP/1.1 413"), "{early}");
}

#[test]
fn a_request_that_breaks_off_leaves_nothing() {
    let server = Server::start();
    let mut stream = server.connect();
    stream.write_all(b"POST /v1/traces/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"traces\":[{\"name\":\"a\"}]}").unwrap();
    drop(stream);
    server.send(&[record(1, "b", 0)]);
    assert_eq!(server.names(""), ["b"]);
}

#[test]
fn any_credential_is_taken_on_loopback() {
    let server = Server::start();
    let body = r#"{"traces":[{"name":"a"}]}"#;
    for credential in [
        "",
        "Authorization: Bearer sk-wrong\r\n",
        "Authorization: nonsense\r\n",
    ] {
        let answer = server.raw(&format!(
            "POST /v1/traces/ingest HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{credential}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    }
}

#[test]
fn a_bad_project_name_is_refused() {
    let server = Server::start();
    for name in ["x".repeat(201), "a%00b".to_owned()] {
        let (status, answer) = server.get(&format!("/v1/traces?project={name}"));
        assert_eq!(status, 400);
        assert!(answer["error"].as_str().unwrap().starts_with("project: "));
    }
}

fn start_error(
    change: impl FnOnce(carrot_collector::Builder) -> carrot_collector::Builder,
) -> String {
    let folder = tempfile::tempdir().unwrap();
    let builder = Collector::builder()
        .port(0)
        .data(folder.path().join("store"));
    change(builder)
        .start()
        .expect_err("it must not start")
        .to_string()
}

#[test]
fn a_taken_port_is_named_or_passed_over() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    assert_eq!(
        start_error(|builder| builder.port(port)),
        format!("port {port} is in use: stop the other program or choose another with --port")
    );
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::builder()
        .data(folder.path())
        .port(port)
        .or_next_ports(50)
        .start()
        .unwrap();
    assert_ne!(collector.url(), format!("http://127.0.0.1:{port}"));
}

#[test]
fn only_this_machine_is_listened_to() {
    for host in ["0.0.0.0", "::", "192.0.2.1"] {
        let error = start_error(|builder| builder.host(host));
        assert!(
            error.starts_with(&format!("{host} can be reached from other machines")),
            "{error}"
        );
    }
    assert!(
        start_error(|builder| builder.host("example.com")).starts_with("example.com is no address")
    );
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::builder()
        .data(folder.path())
        .port(0)
        .host("localhost")
        .start()
        .unwrap();
    assert!(collector.url().starts_with("http://127.0.0.1:"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut folders = vec![file.path().to_owned(), file.path().join("below")];
    if Path::new("/proc/self").exists() {
        folders.push("/proc/carrot".into());
    }
    for folder in folders {
        let error = start_error(|builder| builder.data(&folder));
        assert!(
            error.starts_with(&format!(
                "cannot write to the data folder {}: ",
                folder.display()
            )),
            "{error}"
        );
        assert!(error.ends_with("choose another with --data"), "{error}");
    }
}

#[test]
fn a_store_that_is_in_use_is_named() {
    let server = Server::start();
    let error = start_error(|builder| builder.data(server.folder.path()));
    assert!(error.contains("is in use by another carrot"), "{error}");
    server.restart();
}

#[test]
fn a_file_that_is_no_store_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("carrot.db"),
        "not a database, whatever it is",
    )
    .unwrap();
    let error = start_error(|builder| builder.data(folder.path()));
    assert!(
        error.starts_with("cannot open the store in ") && error.contains("not a database"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn the_store_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new/.carrot");
    let collector = Collector::builder().data(&data).port(0).start().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in std::fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(collector);
}

#[test]
fn a_store_is_read_with_and_without_its_collector() {
    let server = Server::start();
    server.send(&[record(1, "a", 0)]);
    let listed = server.read("/v1/traces").to_string();
    let read = |folder: &Path| Archive::open(folder).unwrap().list("default", "").unwrap();
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(parsed(&read(server.folder.path())), parsed(&listed));
    let Server {
        collector, folder, ..
    } = server;
    collector.shutdown();
    assert_eq!(parsed(&read(folder.path())), parsed(&listed));

    let archive = Archive::open(folder.path()).unwrap();
    assert!(archive.get("default", "nothing").unwrap().is_none());
    assert!(
        archive
            .list("default", "limit=x")
            .unwrap_err()
            .to_string()
            .starts_with("limit: ")
    );
    let empty = tempfile::tempdir().unwrap();
    assert!(Archive::open(empty.path()).err().unwrap().is_no_store());
}
