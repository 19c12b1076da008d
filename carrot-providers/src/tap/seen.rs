use std::time::Instant;

use bytes::Bytes;
use carrot_runtime::{Deferred, Ledger, prices};
use carrot_wire::llm::{Endpoint, Exchange, LlmCall, Spent, Usage, usage_of};
use carrot_wire::{Json, Record};

use super::head::Head;
use super::kept::Kept;
use super::later::Later;
use super::{Asked, LIMIT, estimate};
use crate::recording::Track;

/// All that was seen of a call, to be understood on the exporter's thread.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) endpoint: Endpoint,
    /// The host with its port.
    pub(super) authority: String,
    pub(super) path: String,
    /// Its body, empty where that is not seen, and no longer than [`LIMIT`].
    pub(super) request: Bytes,
    /// What it is to be made of.
    pub(super) request_later: Option<Later>,
    /// Whether the request's body is longer than that.
    pub(super) request_truncated: bool,
    /// How often the request was sent.
    pub(super) attempts: u32,
    /// What became of the attempts that were not the last: `http_<status>` or the error's kind.
    pub(super) failed_attempts: Vec<String>,
    /// The kind of error with which the current attempt failed.
    pub(super) lost: Option<&'static str>,
    pub(super) status: Option<u16>,
    pub(super) headers: Head,
    pub(super) body: Kept,
    /// When the request was sent, the last time.
    pub(super) sent: Instant,
    pub(super) ended: bool,
    /// A stream's last event came, and nobody read on.
    pub(super) saw_end: bool,
    /// The user stopped waiting, so that it may have been answered all the same.
    pub(super) given_up: bool,
    /// The transport broke, and the record says how.
    pub(super) broken: bool,
    /// The whole exchange, where the record is to have it.
    pub(super) exchange: Option<Track>,
}

impl Seen {
    pub(super) fn new(endpoint: Endpoint, asked: &Asked<'_>, request: Option<&Bytes>) -> Seen {
        let mut seen = Seen {
            endpoint,
            authority: asked.authority().to_owned(),
            path: asked.path.to_owned(),
            request: Bytes::new(),
            request_later: None,
            request_truncated: false,
            attempts: 0,
            failed_attempts: Vec::new(),
            lost: None,
            status: None,
            headers: Head::default(),
            body: Kept::new(),
            sent: Instant::now(),
            ended: false,
            saw_end: false,
            given_up: false,
            broken: false,
            exchange: None,
        };
        if let Some(request) = request {
            seen.request(request);
        }
        seen
    }

    fn request(&mut self, body: &Bytes) {
        self.request = body.slice(..body.len().min(LIMIT));
        self.request_truncated = body.len() > LIMIT;
    }

    /// Writes what was left for later.
    fn settle(&mut self) {
        if let Some(later) = self.request_later.take() {
            self.request(&later.write());
        }
        self.body.settle();
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
    pub(super) fn head(&mut self, status: u16, headers: Head) {
        self.status = Some(status);
        self.headers = headers;
        self.body = Kept::since(self.sent);
    }

    /// Whether the answer is a stream, or a JSON array that grows, which only the path tells from plain JSON.
    pub(super) fn is_stream(&self) -> bool {
        self.headers.is_stream() || self.path.ends_with(":streamGenerateContent")
    }

    /// Has the exchange read.
    fn read<T>(&self, read: impl FnOnce(Endpoint, &Exchange<'_>) -> T) -> T {
        let headers: Vec<(&str, &str)> = self.headers.iter().collect();
        let exchange = Exchange {
            host: &self.authority,
            path: &self.path,
            request: &self.request,
            status: self.status,
            headers: &headers,
            body: self.body.pieces(),
            times: self.body.times(),
            ended: self.ended,
            truncated: self.request_truncated || self.body.truncated(),
        };
        read(self.endpoint, &exchange)
    }

    /// Takes what the call cost from a budget: what its answer says, or about what it must have been where that
    /// does not come to its end.
    pub(super) fn pay(&self, ledger: &Ledger) {
        let may_be_answered = self.given_up && self.attempts > 0;
        let status = self.status.or(may_be_answered.then_some(200));
        let Some(status) = status.filter(|status| *status < 400) else {
            return;
        };
        let mut spent = self.read(|endpoint, exchange| {
            let status = Some(status);
            usage_of(
                endpoint,
                &Exchange {
                    status,
                    ..*exchange
                },
            )
        });
        if self.body.truncated() {
            spent.add_ends(self.endpoint, &self.body.ends());
        }
        if !self.is_told(&spent) {
            self.estimate(&mut spent.usage);
        }
        let usage = &spent.usage;
        let tokens = usage.total.or(match (usage.input, usage.output) {
            (None, None) => None,
            (input, output) => Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))),
        });
        let by_price = || {
            let models = [spent.model.as_deref(), spent.request_model.as_deref()];
            prices().cost(spent.provider, models, spent.service_tier.as_deref(), usage)
        };
        ledger.spend(tokens, spent.cost.or_else(by_price));
    }

    /// Whether all was said that there is to say. A whole answer that is no stream says nothing for reasons of its own.
    fn is_told(&self, spent: &Spent) -> bool {
        let is_known = spent.usage.output.is_some() || spent.cost.is_some();
        (self.ended || self.saw_end) && (is_known || !self.is_stream() && !self.body.truncated())
    }

    fn estimate(&self, usage: &mut Usage) {
        carrot_runtime::warn_once(
            "budget estimate",
            "a budget counts a model call whose answer told no tokens, or was left before it did, by the length of its \
             texts; of OpenAI's streams stream_options.include_usage asks for them",
        );
        let input = usage
            .input
            .unwrap_or_else(|| estimate::of_request(&self.request));
        let pieces = self.body.pieces().iter();
        let output = usage.output.unwrap_or(0).max(estimate::of_answer(pieces));
        (usage.input, usage.output) = (Some(input), Some(output));
        usage.total = Some(input.saturating_add(output));
    }
}

impl Deferred for Seen {
    fn size(&self) -> usize {
        let later = self.request_later.as_ref().map_or(0, Later::size);
        size_of::<Seen>() + self.request.len() + later + self.body.size()
    }

    fn resolve(mut self: Box<Self>, record: &mut Record) {
        self.settle();
        let mut call = self.read(LlmCall::read);
        if self.body.truncated() {
            call.add_ends(&self.body.ends());
        }
        let broken = record.error.clone().filter(|_| self.broken);
        call.fill(record);
        if broken.is_some() {
            record.error = broken;
        }
        if let Some(track) = &self.exchange {
            record.exchange = Some(Json::from_value(&track.call()));
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
