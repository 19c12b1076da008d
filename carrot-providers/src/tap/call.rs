use bytes::Bytes;
use carrot_runtime::{Site, Span};
use carrot_wire::llm::Endpoint;
use http::HeaderMap;

use super::first::holds_token;
use super::seen::Seen;
use crate::WrapOptions;

/// A model call on its way. Dropping it ends its span: see [the module](super).
pub struct Call {
    /// The span and what was seen, until the call has ended.
    open: Option<(Span, Box<Seen>)>,
    /// Whether a first token is still waited for.
    awaits_token: bool,
    /// Whether the terminal event of a stream has passed.
    is_done: bool,
}

const fn site(endpoint: Endpoint) -> Site {
    Site::new(endpoint.operation())
        .kind(endpoint.kind())
        .metadata(r#"{"source":"sdk"}"#)
}

/// One for each endpoint, in the order of [`Endpoint::ALL`].
static SITES: [Site; Endpoint::ALL.len()] = {
    let mut sites = [const { Site::new("") }; Endpoint::ALL.len()];
    let mut at = 0;
    while at < sites.len() {
        sites[at] = site(Endpoint::ALL[at]);
        at += 1;
    }
    sites
};

fn site_of(endpoint: Endpoint) -> &'static Site {
    &SITES[endpoint as usize]
}

impl Call {
    /// Opens a span for a request, as a child of the span that is current here. `None` if the request
    /// is no model call or nothing records: then there is nothing more to do.
    ///
    /// `body` is asked for only when it will be kept; `None` means it cannot be read without
    /// consuming it.
    pub fn open(
        options: &WrapOptions,
        (method, host, path): (&str, &str, &str),
        body: impl FnOnce() -> Option<Bytes>,
    ) -> Option<Call> {
        let endpoint = Endpoint::find(method, path)?;
        let mut span = Span::open(site_of(endpoint));
        if !span.is_recording() {
            return None;
        }
        if let Some(name) = &options.name {
            span.rename(name);
        }
        options.tags.iter().for_each(|tag| span.tag(tag));
        let seen = Seen::new(endpoint, host, path, body().as_ref());
        Some(Call {
            open: Some((span, Box::new(seen))),
            awaits_token: false,
            is_done: false,
        })
    }

    /// The request is sent, for the first time or again.
    pub fn attempt(&mut self) {
        if let Some((_, seen)) = &mut self.open {
            seen.attempt();
        }
    }

    /// The attempt brought no answer, but this kind of error.
    pub fn attempt_failed(&mut self, kind: &'static str) {
        if let Some((_, seen)) = &mut self.open {
            seen.lost = Some(kind);
        }
    }

    /// The head of an answer came.
    pub fn answered(&mut self, status: u16, headers: &HeaderMap) {
        if let Some((_, seen)) = &mut self.open {
            seen.head(status, headers);
            self.awaits_token = seen.is_stream();
        }
    }

    /// A piece of the answer's body passed.
    pub fn piece(&mut self, piece: &Bytes) {
        let Some((span, seen)) = &mut self.open else {
            return;
        };
        if self.awaits_token && holds_token(piece) {
            span.first_token();
            self.awaits_token = false;
        }
        if !piece.is_empty() {
            self.is_done = piece.trim_ascii_end().ends_with(b"[DONE]");
            seen.body.push(piece);
        }
    }

    /// The answer's body came to its end.
    pub fn ended(mut self) {
        let Some((mut span, mut seen)) = self.open.take() else {
            return;
        };
        seen.ended = true;
        if let Some(status) = seen.status.filter(|status| *status >= 400) {
            // The server's own words come from the body, later.
            span.fail(&format!("http_{status}"), &format!("HTTP {status}"));
        }
        span.defer(seen);
        span.end();
    }

    /// The call failed, with an error of this kind (`connect`, `timeout`, `http_429`, …).
    pub fn failed(mut self, kind: &str, message: &str) {
        let Some((mut span, mut seen)) = self.open.take() else {
            return;
        };
        seen.broken = true;
        span.fail(kind, message);
        span.defer(seen);
        span.end();
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Some((mut span, seen)) = self.open.take() else {
            return;
        };
        span.defer(seen);
        if self.is_done {
            span.end();
        }
        // Otherwise dropping the span says that it was cancelled, or that a panic went by; the record
        // says success all the same if the answer turns out to be whole.
    }
}
