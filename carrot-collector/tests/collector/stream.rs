//! Records by WebSocket.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use carrot_wire::live::{Auth, ClientFrame, Event, ServerFrame};
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

use crate::server::{Server, at, child, id, names, record, with};

struct Stream(WebSocket<TcpStream>);

impl Stream {
    fn open(server: &Server) -> Stream {
        Stream::with(server, None, None)
    }

    /// With a project named by the header, by the first frame, or both.
    fn with(server: &Server, header: Option<&str>, frame: Option<&str>) -> Stream {
        let url = format!("ws://{}/ws/v1/stream", server.address());
        let mut request = url.into_client_request().unwrap();
        if let Some(project) = header {
            let headers = request.headers_mut();
            headers.insert("X-Carrot-Project", project.parse().unwrap());
        }
        let (socket, _) = tungstenite::client(request, server.connect()).unwrap();
        let mut stream = Stream(socket);
        stream.text(&ClientFrame::write_auth(&Auth {
            api_key: "ck-any".to_owned(),
            acks: true,
            project: frame.map(str::to_owned),
            ..Auth::default()
        }));
        stream
    }

    fn welcomed(mut self) -> Stream {
        let max_frame_bytes = Some(64 << 20);
        assert_eq!(self.next(), ServerFrame::AuthOk { max_frame_bytes });
        self
    }

    fn text(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    fn send(&mut self, seq: u64, record: &Value) {
        let record = record.to_string();
        self.text(&ClientFrame::write_data(Event::of(&record), &record, seq));
    }

    fn next(&mut self) -> ServerFrame {
        ServerFrame::read(self.0.read().unwrap().to_text().unwrap()).unwrap()
    }

    /// The key of the record that is acknowledged next, by this number.
    fn ack(&mut self, number: u64) -> String {
        match self.next() {
            ServerFrame::Ack {
                id: Some(id),
                seq: Some(seq),
            } if seq == number => id.to_string(),
            other => panic!("no ack of {number}: {other:?}"),
        }
    }

    fn closed(&mut self) -> (u16, String) {
        match self.0.read().unwrap() {
            Message::Close(Some(close)) => (close.code.into(), close.reason.to_string()),
            other => panic!("not closed: {other:?}"),
        }
    }
}

#[test]
fn a_trace_is_there_as_it_happens_and_sent_again_is_not_there_twice() {
    let server = Server::start();
    let mut stream = Stream::open(&server).welcomed();
    let begun = json!({"id": id(1), "name": "root", "status": "running", "started_at": at(0)});
    stream.send(7, &begun);
    assert_eq!(stream.ack(7), id(1));
    assert_eq!(server.read("/v1/traces")["traces"][0]["status"], "running");

    let records = [
        child(2, 1, "step", 1),
        json!({"name": "no id"}),
        record(1, "root", 0),
    ];
    for seq in [8, 11] {
        for (place, record) in (0..).zip(&records) {
            stream.send(seq + place, record);
        }
        let ids: Vec<String> = (0..3).map(|place| stream.ack(seq + place)).collect();
        assert_eq!((&ids[0], &ids[2]), (&id(2), &id(1)));
    }
    let trace = server.read(&format!("/v1/traces/{}", id(1)));
    assert_eq!(trace["status"], "success");
    assert_eq!(names(&trace["children"]), ["step"]);
    assert_eq!(server.names("").len(), 2);

    stream.0.close(None).unwrap();
    assert!(matches!(stream.0.read(), Ok(Message::Close(_))));
}

#[test]
fn a_bad_record_spoils_only_itself() {
    let server = Server::start();
    let mut stream = Stream::open(&server).welcomed();
    stream.send(1, &record(1, "good", 0));
    stream.send(2, &json!({"id": "trace-1", "name": "bad id"}));
    stream.text("no frame");
    stream.send(3, &record(2, "good too", 1));
    stream.ack(1);
    let error = |message: &str, seq| ServerFrame::error(message, seq);
    let bad_id = "id: not a uuid (8-4-4-4-12 hex digits)";
    assert_eq!(stream.next(), error(bad_id, Some(2)));
    let no_frame = "not a frame: expected ident at line 1 column 2";
    assert_eq!(stream.next(), error(no_frame, None));
    stream.ack(3);
    assert_eq!(server.names(""), ["good too", "good"]);
}

#[test]
fn the_project_is_that_of_the_first_frame_else_of_the_request() {
    let server = Server::start();
    for (number, header, frame, project) in [
        (1, None, None, "default"),
        (2, Some("blue"), None, "blue"),
        (3, Some("blue"), Some("green"), "green"),
    ] {
        let mut stream = Stream::with(&server, header, frame).welcomed();
        stream.send(1, &record(number, project, 0));
        stream.ack(1);
        assert_eq!(server.names(&format!("project={project}")), [project]);
    }
    let mut stream = Stream::with(&server, None, Some("a\nb"));
    let ServerFrame::Error { message, seq: None } = stream.next() else {
        panic!("no error");
    };
    assert!(message.starts_with("project: "), "{message}");
    assert_eq!(stream.closed(), (1008, "project: is no name".to_owned()));
}

/// Only some of what is sent is acknowledged before the connection breaks; the rest is sent again.
#[test]
fn a_connection_that_is_killed_loses_nothing_and_doubles_nothing() {
    let server = Server::start();
    let mut waiting: BTreeSet<u64> = (1..=500).collect();
    let mut connections = 0;
    while !waiting.is_empty() {
        let mut stream = Stream::open(&server).welcomed();
        connections += 1;
        for &number in &waiting {
            let number = u128::from(number);
            let name = format!("span {number}");
            stream.send(number as u64, &child(number, 1_000, &name, 1));
        }
        let most = waiting.len().min(150);
        for _ in 0..most {
            match stream.next() {
                ServerFrame::Ack { seq: Some(seq), .. } => assert!(waiting.remove(&seq)),
                other => panic!("no ack: {other:?}"),
            }
        }
        stream.0.get_ref().shutdown(Shutdown::Both).unwrap();
    }
    assert_eq!(connections, 4);
    server.send(&[record(1_000, "root", 0)]);
    let trace = server.read(&format!("/v1/traces/{}", id(1_000)));
    assert_eq!(trace["totals"]["spans"], 501);
    assert_eq!(trace["children"].as_array().unwrap().len(), 500);
}

#[test]
fn what_was_acknowledged_is_there_after_a_restart() {
    let server = Server::start();
    let mut stream = Stream::open(&server).welcomed();
    stream.send(1, &record(1, "kept", 0));
    stream.ack(1);
    let server = server.restart();
    assert_eq!(server.names(""), ["kept"]);
    assert_eq!(stream.closed(), (1001, "the collector stops".to_owned()));
}

#[test]
fn too_large_a_frame_is_said_before_it_is_read() {
    let server = Server::with(|builder| builder.body_limit(1 << 20));
    let mut stream = Stream::open(&server);
    let max_frame_bytes = Some(1 << 20);
    assert_eq!(stream.next(), ServerFrame::AuthOk { max_frame_bytes });
    stream.send(
        1,
        &with(
            record(1, "fits", 0),
            json!({"input": "x".repeat(1_000_000)}),
        ),
    );
    stream.ack(1);
    // A text frame, masked, of two megabytes: its header alone.
    let header = [0x81, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 1, 2, 3, 4];
    stream.0.get_mut().write_all(&header).unwrap();
    assert_eq!(stream.closed(), (1009, "a frame is too large".to_owned()));
}

#[test]
fn what_is_no_frame_of_a_websocket_closes_it() {
    let server = Server::start();
    let mut stream = Stream::open(&server).welcomed();
    stream.0.send(Message::binary("{}")).unwrap();
    assert_eq!(stream.closed().0, 1003);

    let mut stream = Stream::open(&server).welcomed();
    stream
        .0
        .get_mut()
        .write_all(&[0x81, 0x02, b'{', b'}'])
        .unwrap();
    assert_eq!(stream.closed().0, 1002, "not masked");

    let mut stream = Stream::open(&server).welcomed();
    stream
        .0
        .get_mut()
        .write_all(&[0x81, 0x81, 0, 0, 0, 0, 0xff])
        .unwrap();
    assert_eq!(stream.closed().0, 1007, "not UTF-8");
}

/// A page's WebSocket asks for no leave, so the guard is all that keeps it out.
#[test]
fn pages_of_others_are_kept_out() {
    let server = Server::start();
    let ask = |host: &str, origin: &str| {
        let mut stream = server.connect();
        let request = format!(
            "GET /ws/v1/stream HTTP/1.1\r\nHost: {host}\r\n{origin}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        String::from_utf8_lossy(&status[9..]).into_owned()
    };
    assert_eq!(ask("localhost", ""), "101");
    assert_eq!(ask("localhost", "Origin: http://localhost\r\n"), "101");
    assert_eq!(ask("localhost", "Origin: http://localhost:1\r\n"), "403");
    assert_eq!(ask("localhost", "Origin: https://example.com\r\n"), "403");
    assert_eq!(ask("localhost", "Origin: null\r\n"), "403");
    assert_eq!(ask("example.com", ""), "403");

    let plain = server.raw_get("/ws/v1/stream", "Host: localhost\r\n");
    assert!(plain.starts_with("HTTP/1.1 426"), "{plain}");
    assert!(plain.contains("upgrade: websocket\r\n"), "{plain}");
    assert!(
        plain.contains(r#"{"error":"here is a WebSocket"#),
        "{plain}"
    );
}
