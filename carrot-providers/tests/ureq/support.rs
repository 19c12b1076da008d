//! Two agents that ask two servers of the same script, one of them wrapped.

use std::io::Read;

use carrot_providers::scripted::{Builder, ModelServer, Request};
use carrot_wire::Record;
use serde_json::{Value, json};
use ureq::config::ConfigBuilder;
use ureq::http::Response;
use ureq::typestate::AgentScope;
use ureq::{Agent, Body, Error};

/// Servers of the same script give the same answers, ids included, to the same questions.
pub(crate) struct Pair {
    bare: Agent,
    wrapped: Agent,
    bare_server: ModelServer,
    wrapped_server: ModelServer,
}

/// What a user's code sees of an answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How reading it failed.
    pub(crate) error: Option<String>,
}

pub(crate) fn config() -> ConfigBuilder<AgentScope> {
    Agent::config_builder().proxy(None)
}

impl Pair {
    pub(crate) fn new(script: impl Fn(Builder) -> Builder) -> Pair {
        Pair::of(|| config().build().new_agent(), script)
    }

    /// With agents of a kind.
    pub(crate) fn of(agent: impl Fn() -> Agent, script: impl Fn(Builder) -> Builder) -> Pair {
        Pair {
            bare: agent(),
            wrapped: carrot_providers::wrap(agent()),
            bare_server: script(ModelServer::builder()).start(),
            wrapped_server: script(ModelServer::builder()).start(),
        }
    }

    /// Does the same with both, each with its server's URL, and gives what each gave, the bare one's error in words
    /// first, and the one record that was made.
    pub(crate) fn both<T>(&self, call: impl Fn(&Agent, &str) -> T) -> (T, T, Record) {
        let bare = call(&self.bare, &self.bare_server.url());
        let url = self.wrapped_server.url();
        let (wrapped, mut records) = recorded(|| call(&self.wrapped, &url));
        assert_eq!(records.len(), 1, "{records:?}");
        (bare, wrapped, records.remove(0))
    }

    /// What the wrapped agent sent last.
    pub(crate) fn sent(&self) -> Request {
        self.wrapped_server.requests().pop().expect("a request")
    }

    /// Both sent the same, but for the port.
    pub(crate) fn assert_same_requests(&self) {
        let seen = |server: &ModelServer| {
            let requests = server.requests().into_iter().map(|mut request| {
                request.headers.retain(|(name, _)| name != "host");
                (request.path, request.headers, request.text)
            });
            requests.collect::<Vec<_>>()
        };
        assert_eq!(seen(&self.bare_server), seen(&self.wrapped_server));
    }
}

/// Runs `f` and gives what it gave and the records made in it, parents first.
pub(crate) fn recorded<T>(f: impl FnOnce() -> T) -> (T, Vec<Record>) {
    let (output, traces) = carrot_runtime::testing::capture_returned(f);
    (output, traces.records().to_vec())
}

/// Asks for a chat completion.
pub(crate) fn ask(agent: &Agent, url: &str, request: &Value) -> Result<Response<Body>, Error> {
    agent
        .post(format!("{url}/chat/completions"))
        .header("authorization", "Bearer sk-test")
        .send_json(request)
}

/// Asks, and reads the answer to its end.
pub(crate) fn answer(agent: &Agent, url: &str, request: &Value) -> Result<Seen, String> {
    ask(agent, url, request)
        .map(seen)
        .map_err(|it| it.to_string())
}

pub(crate) fn seen(response: Response<Body>) -> Seen {
    let (head, body) = response.into_parts();
    let headers = head
        .headers
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let mut bytes = Vec::new();
    let result = body.into_reader().read_to_end(&mut bytes);
    Seen {
        status: head.status.as_u16(),
        headers,
        body: bytes,
        error: result.err().map(|error| error.to_string()),
    }
}

pub(crate) fn chat(text: &str) -> Value {
    json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": text }] })
}

/// The same, streamed, with the usage asked for.
pub(crate) fn chat_stream(text: &str) -> Value {
    let mut request = chat(text);
    request["stream"] = json!(true);
    request["stream_options"] = json!({ "include_usage": true });
    request
}

pub(crate) fn output(record: &Record) -> Value {
    record.output.as_ref().expect("an output").to_value()
}
