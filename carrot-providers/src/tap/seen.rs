use std::time::Instant;

use bytes::Bytes;
use carrot_runtime::Deferred;
use carrot_wire::Record;
use carrot_wire::llm::{Endpoint, Exchange, LlmCall};
use http::HeaderMap;

use super::kept::Kept;

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
    pub(super) headers: HeaderMap,
    pub(super) body: Kept,
    /// When the request was sent, the last time.
    pub(super) sent: Instant,
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
            headers: HeaderMap::new(),
            body: Kept::new(),
            sent: Instant::now(),
            ended: false,
            broken: false,
        }
    }

    /// Begins an attempt, and notes what became of the one before.
    pub(super) fn attempt(&mut self) {
        self.attempts += 1;
        self.sent = Instant::now();
        let answer = self.status.take().map(|status| format!("http_{status}"));
        let outcome = answer.or_else(|| self.lost.take().map(str::to_owned));
        self.failed_attempts.extend(outcome);
    }

    /// Takes the head of an answer; an earlier attempt's answer is forgotten.
    pub(super) fn head(&mut self, status: u16, headers: &HeaderMap) {
        self.status = Some(status);
        self.headers.clone_from(headers);
        self.body = Kept::since(self.sent);
    }

    /// Whether the answer is a stream of events.
    pub(super) fn is_stream(&self) -> bool {
        let content_type = self.headers.get("content-type");
        content_type.is_some_and(|it| it.as_bytes().starts_with(b"text/event-stream"))
    }
}

impl Deferred for Seen {
    fn size(&self) -> usize {
        size_of::<Seen>() + self.request.size() + self.body.size()
    }

    fn resolve(self: Box<Self>, record: &mut Record) {
        let headers = self.headers.iter();
        let headers: Vec<(&str, &str)> = headers
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let exchange = Exchange {
            host: &self.host,
            path: &self.path,
            request: self.request.pieces().first().map_or(&[], |it| it),
            status: self.status,
            headers: &headers,
            body: self.body.pieces(),
            times: self.body.times(),
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
