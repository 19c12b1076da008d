use bytes::Bytes;
use carrot_runtime::Deferred;
use carrot_wire::Record;
use carrot_wire::llm::{Endpoint, Exchange, LlmCall};
use http::HeaderMap;

use super::kept::Kept;

/// Headers in which servers give a request its id.
const REQUEST_IDS: [&str; 3] = ["x-request-id", "request-id", "apim-request-id"];

/// All that was seen of a call, to be understood on the exporter's thread.
pub(super) struct Seen {
    pub(super) endpoint: Endpoint,
    pub(super) host: String,
    pub(super) path: String,
    pub(super) request: Kept,
    /// How often the request was sent.
    pub(super) attempts: u32,
    /// What became of the attempts that were not the last: `http_<status>` or the error's kind.
    pub(super) failed_attempts: Vec<String>,
    /// The kind of error with which the current attempt failed.
    pub(super) lost: Option<&'static str>,
    pub(super) status: Option<u16>,
    pub(super) content_type: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) body: Kept,
    pub(super) ended: bool,
    /// The transport broke, and the record says how.
    pub(super) broken: bool,
}

impl Seen {
    pub(super) fn new(endpoint: Endpoint, host: &str, path: &str, request: Option<&Bytes>) -> Seen {
        let mut kept = Kept::new();
        request.into_iter().for_each(|body| kept.push(body));
        Seen {
            endpoint,
            host: host.to_owned(),
            path: path.to_owned(),
            request: kept,
            attempts: 0,
            failed_attempts: Vec::new(),
            lost: None,
            status: None,
            content_type: None,
            request_id: None,
            body: Kept::new(),
            ended: false,
            broken: false,
        }
    }

    /// Begins an attempt, and notes what became of the one before.
    pub(super) fn attempt(&mut self) {
        self.attempts += 1;
        let answer = self.status.take().map(|status| format!("http_{status}"));
        let outcome = answer.or_else(|| self.lost.take().map(str::to_owned));
        self.failed_attempts.extend(outcome);
    }

    /// Takes the head of an answer; an earlier attempt's answer is forgotten.
    pub(super) fn head(&mut self, status: u16, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        self.status = Some(status);
        self.content_type = text("content-type");
        self.request_id = REQUEST_IDS.iter().find_map(|name| text(name));
        self.body = Kept::new();
    }

    /// Whether the answer is a stream of events.
    pub(super) fn is_stream(&self) -> bool {
        self.content_type
            .as_deref()
            .is_some_and(|it| it.starts_with("text/event-stream"))
    }
}

impl Deferred for Seen {
    fn size(&self) -> usize {
        size_of::<Seen>() + self.request.size() + self.body.size()
    }

    fn resolve(self: Box<Self>, record: &mut Record) {
        let exchange = Exchange {
            host: &self.host,
            path: &self.path,
            request: self.request.pieces().first().map_or(&[], |it| it),
            status: self.status,
            content_type: self.content_type.as_deref(),
            request_id: self.request_id.as_deref(),
            body: self.body.pieces(),
            ended: self.ended,
            truncated: self.request.truncated() || self.body.truncated(),
        };
        let call = LlmCall::read(self.endpoint, &exchange);
        let broken = record.error.clone().filter(|_| self.broken);
        call.fill(record);
        if broken.is_some() {
            record.error = broken;
        }
        if self.attempts > 1 {
            record
                .metadata
                .insert("attempts".to_owned(), self.attempts.into());
        }
        if !self.failed_attempts.is_empty() {
            record
                .metadata
                .insert("failed_attempts".to_owned(), self.failed_attempts.into());
        }
    }
}
