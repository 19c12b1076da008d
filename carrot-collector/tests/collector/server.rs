//! A collector on a free port with a store of its own, and ways to talk to it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use carrot_collector::{Builder, Collector};
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

pub(crate) struct Server {
    pub(crate) collector: Collector,
    pub(crate) folder: TempDir,
    agent: Agent,
}

impl Server {
    pub(crate) fn start() -> Server {
        Server::with(|builder| builder)
    }

    pub(crate) fn with(change: impl FnOnce(Builder) -> Builder) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let builder = Collector::builder().data(folder.path()).port(0);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Server {
            collector: change(builder).start().unwrap(),
            folder,
            agent: agent.into(),
        }
    }

    /// Stops the collector and starts another on the same store.
    pub(crate) fn restart(self) -> Server {
        let Server {
            collector,
            folder,
            agent,
        } = self;
        collector.shutdown();
        let collector = Collector::builder()
            .data(folder.path())
            .port(0)
            .start()
            .unwrap();
        Server {
            collector,
            folder,
            agent,
        }
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        self.collector.url().replace("http://", "")
    }

    /// Posts a body to the ingest route.
    pub(crate) fn post(&self, project: &str, body: impl AsRef<[u8]>) -> (u16, Value) {
        let url = format!("{}/v1/traces/ingest", self.collector.url());
        let request = self.agent.post(url).header("X-Carrot-Project", project);
        let mut response = request.send(body.as_ref()).unwrap();
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().unwrap();
        (status, serde_json::from_str(&text).unwrap())
    }

    /// The status and JSON (or null) that a request is answered.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, Value) {
        let url = format!("{}{path}", self.collector.url());
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = self
            .agent
            .run(request.body(body.to_owned()).unwrap())
            .unwrap();
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// A body that is not taken, and why.
    #[track_caller]
    pub(crate) fn refuses(&self, path: &str, body: &str, reason: &str) {
        let (status, answer) = self.request("POST", path, &[], body);
        let error = answer["error"].as_str().unwrap();
        assert!(
            status == 400 && error.starts_with(reason),
            "{status} {error}"
        );
    }

    /// Sends records to a project; all must be taken.
    pub(crate) fn send_to(&self, project: &str, records: &[Value]) -> Vec<String> {
        let (status, answer) = self.post(project, json!({"traces": records}).to_string());
        assert_eq!((status, &answer["errors"]), (202, &json!([])), "{answer}");
        let ids = answer["traces"].as_array().unwrap().iter();
        ids.map(|trace| trace["id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn send(&self, records: &[Value]) -> Vec<String> {
        self.send_to("default", records)
    }

    /// The status and text at a path.
    pub(crate) fn text(&self, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.collector.url());
        let mut response = self.agent.get(url).call().unwrap();
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(1 << 30);
        (status, body.read_to_string().unwrap())
    }

    /// The status and JSON at a path.
    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        let (status, text) = self.text(path);
        (status, serde_json::from_str(&text).unwrap())
    }

    /// The JSON at a path, which must be there.
    pub(crate) fn read(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The names of the roots that a query lists.
    pub(crate) fn names(&self, query: &str) -> Vec<String> {
        names(&self.read(&format!("/v1/traces?{query}"))["traces"])
    }

    /// Writes a request as it is and gives all of the answer as text.
    pub(crate) fn raw(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream
    }

    /// A `GET` with more headers, each ended by `\r\n`.
    pub(crate) fn raw_get(&self, path: &str, headers: &str) -> String {
        self.raw(&format!(
            "GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n"
        ))
    }
}

/// The names of records, in their order.
pub(crate) fn names(records: &Value) -> Vec<String> {
    let records = records.as_array().map(Vec::as_slice).unwrap_or_default();
    records
        .iter()
        .map(|record| record["name"].as_str().unwrap().to_owned())
        .collect()
}

/// A uuid made of a number.
pub(crate) fn id(number: u128) -> String {
    carrot_wire::RecordId(number).to_string()
}

/// A finished record that starts at a second.
pub(crate) fn record(number: u128, name: &str, second: u32) -> Value {
    json!({
        "id": id(number),
        "name": name,
        "status": "success",
        "started_at": at(second),
        "ended_at": at(second + 1),
    })
}

/// The same below another.
pub(crate) fn child(number: u128, parent: u128, name: &str, second: u32) -> Value {
    with(
        record(number, name, second),
        json!({"parent_id": id(parent)}),
    )
}

/// A record with more fields.
pub(crate) fn with(mut record: Value, more: Value) -> Value {
    let more = more.as_object().unwrap().clone();
    record.as_object_mut().unwrap().extend(more);
    record
}

/// Seconds after a certain noon.
pub(crate) fn at(second: u32) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        "2026-01-31T{:02}:{:02}:{second:02}Z",
        12 + minute / 60,
        minute % 60
    )
}
