use std::sync::{Arc, Weak};

use bytes::Bytes;
use carrot_runtime::{Ledger, Site, Span, Surroundings};
use carrot_wire::llm::Endpoint;
use carrot_wire::recording::End;
use http::HeaderMap;

#[cfg(feature = "genai")]
use super::LIMIT;
use super::first::holds_token;
use super::head::Head;
use super::last::holds_end;
use super::later::Later;
use super::seen::Seen;
use super::{Answer, Asked, Door, Refused};
use crate::WrapOptions;
use crate::recording::{Track, Watch, request_of};

/// A model call on its way. Dropping it ends its span: see [the module](super).
#[derive(Debug)]
pub struct Call {
    /// Until it has ended.
    open: Option<Open>,
    /// Whether a first token is still waited for.
    awaits_token: bool,
}

#[derive(Debug)]
struct Open {
    span: Span,
    seen: Box<Seen>,
    /// Where it is recorded, to be answered again.
    track: Option<Track>,
    /// What it is paid from, if its usage counts.
    ledger: Option<Arc<Ledger>>,
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

/// Whether a call that is made here is written down, its headers too.
#[cfg(feature = "bedrock")]
pub(crate) fn is_written_down() -> bool {
    let around = Surroundings::of(&Span::none());
    around.keeps_exchanges() || around.attached::<Watch>().is_some()
}

impl Call {
    /// Opens a span for a request, as a child of the span that is current here, and says what is to become of
    /// the request.
    ///
    /// `body` is asked for only when somebody will look at it; `None` means it cannot be read without
    /// consuming it.
    pub fn begin(
        options: &WrapOptions,
        asked: &Asked<'_>,
        body: impl FnOnce() -> Option<Bytes>,
    ) -> Door {
        Call::begin_with(options, asked, |_| (body(), None))
    }

    /// As [`begin`](Call::begin), of a body that is written when somebody wants it.
    #[cfg(feature = "genai")]
    pub(crate) fn begin_later(
        options: &WrapOptions,
        asked: &Asked<'_>,
        body: impl FnOnce() -> Later,
    ) -> Door {
        Call::begin_with(options, asked, |is_wanted| {
            let body = body();
            match is_wanted || body.size() > LIMIT {
                true => (Some(body.write()), None),
                false => (None, Some(body)),
            }
        })
    }

    /// `body` is told whether its bytes are wanted now.
    fn begin_with(
        options: &WrapOptions,
        asked: &Asked<'_>,
        body: impl FnOnce(bool) -> (Option<Bytes>, Option<Later>),
    ) -> Door {
        let Some(endpoint) = Endpoint::find(asked.method, asked.path) else {
            return Door::Pass;
        };
        let mut span = Span::open(site_of(endpoint));
        let around = Surroundings::of(&span);
        let watch = around.attached::<Watch>();
        let ledger = around.budget().cloned();
        if !span.is_recording() && watch.is_none() && ledger.is_none() {
            return Door::Pass;
        }
        if let Some(name) = &options.name {
            span.rename(name);
        }
        options.tags.iter().for_each(|tag| span.tag(tag));
        let keeps = around.keeps_exchanges() && span.is_recording();
        let (body, later) = body(keeps || watch.is_some() || ledger.is_some());
        let tapes = watch.iter().flat_map(|watch| &watch.tapes);
        let tapes: Vec<_> = tapes.filter_map(Weak::upgrade).collect();
        let track = (keeps || !tapes.is_empty()).then(|| Track::new(asked, body.as_ref()));
        let mut seen = Seen::new(endpoint, asked, body.as_ref());
        seen.exchange = track.clone().filter(|_| keeps);
        seen.request_later = later;
        let call = Call {
            open: Some(Open {
                span,
                seen: Box::new(seen),
                track: track.clone(),
                ledger: ledger.clone().filter(|it| it.counts_usage()),
            }),
            awaits_token: false,
        };

        // A call that is replayed counts as if it had been sent, so that a run ends as it did.
        if let Some(Err(exceeded)) = ledger.map(|it| it.begin_step()) {
            return call.refused("budget", exceeded.to_string());
        }
        let found = match watch.as_ref().and_then(|watch| watch.replay.as_deref()) {
            Some(replay) => replay.answer(&request_of(asked, body.as_ref())),
            None => Ok(None),
        };
        let recorded = match found {
            Ok(recorded) => recorded,
            Err(unmatched) => return call.refused("recording", unmatched.to_string()),
        };
        if let Some(track) = &track {
            tapes.iter().for_each(|tape| tape.add(track.clone()));
        }
        match recorded {
            None => Door::Send(call),
            Some(recorded) => match (recorded.status, &recorded.end) {
                (Some(status), _) => Door::Answer(Answer::new(call, status, recorded)),
                (None, End::Broken(words)) => {
                    let message = format!("the recorded call got no answer: {words}");
                    call.refused("recording", message)
                }
                (None, _) => {
                    let message = "the recording ended before this call's answer came";
                    call.refused("recording", message.to_owned())
                }
            },
        }
    }

    fn refused(self, kind: &'static str, message: String) -> Door {
        self.failed(kind, &message);
        Door::Refuse(Refused::new(kind, message))
    }

    /// The request is sent, for the first time or again.
    pub fn attempt(&mut self) {
        if let Some(open) = &mut self.open {
            open.seen.attempt();
            open.track.iter().for_each(Track::attempt);
        }
    }

    /// The attempt brought no answer, but this kind of error.
    pub fn attempt_failed(&mut self, kind: &'static str) {
        if let Some(open) = &mut self.open {
            open.seen.lost = Some(kind);
        }
    }

    /// The head of an answer came.
    pub fn answered(&mut self, status: u16, headers: &HeaderMap) {
        if let Some(open) = &mut self.open {
            open.seen.head(status, Head::of(headers));
            open.track
                .iter()
                .for_each(|it| it.answered(status, headers));
            self.awaits_token = open.seen.is_stream();
        }
    }

    /// As [`answered`](Call::answered), of headers that are no `HeaderMap`; `map` makes one of them where they are written down.
    #[cfg(any(feature = "bedrock", feature = "genai"))]
    pub(crate) fn answered_in_texts<'a, I: Iterator<Item = (&'a str, &'a str)>>(
        &mut self,
        status: u16,
        texts: impl Fn() -> I,
        map: impl FnOnce() -> HeaderMap,
    ) {
        if let Some(open) = &mut self.open {
            open.seen.head(status, Head::of_texts(texts));
            if let Some(track) = &open.track {
                track.answered(status, &map());
            }
            self.awaits_token = open.seen.is_stream();
        }
    }

    /// Whether the head of the current attempt's answer came.
    pub fn is_answered(&self) -> bool {
        self.open
            .as_ref()
            .is_some_and(|open| open.seen.status.is_some())
    }

    /// A piece of the answer's body passed.
    pub fn piece(&mut self, piece: &Bytes) {
        let Some(open) = &mut self.open else {
            return;
        };
        if piece.is_empty() {
            return;
        }
        if self.awaits_token && holds_token(piece) {
            open.span.first_token();
            self.awaits_token = false;
        }
        open.seen.body.push(piece);
        if let Some(track) = &open.track {
            track.piece(piece);
        }
    }

    /// The whole body of the answer came, in types of the client.
    #[cfg(feature = "genai")]
    pub(crate) fn whole(&mut self, body: Later) {
        match &mut self.open {
            Some(open) if open.is_written_later(&body) => open.seen.body.push_later(body),
            Some(_) => self.piece(&body.write()),
            None => {}
        }
    }

    /// The answer's body came to its end.
    pub fn ended(mut self) {
        let Some(mut open) = self.open.take() else {
            return;
        };
        open.seen.ended = true;
        if let Some(status) = open.seen.status.filter(|status| *status >= 400) {
            // The server's own words come from the body, later.
            let span = &mut open.span;
            span.fail(&format!("http_{status}"), &format!("HTTP {status}"));
        }
        open.end(End::Whole).end();
    }

    /// The answer's body came to its end, and the client cannot make use of it.
    pub fn useless(mut self, kind: &str, message: &str) {
        let Some(mut open) = self.open.take() else {
            return;
        };
        open.seen.ended = true;
        open.seen.broken = true;
        open.span.fail(kind, message);
        open.end(End::Whole).end();
    }

    /// The call failed, with an error of this kind (`connect`, `timeout`, `http_429`, …).
    pub fn failed(mut self, kind: &str, message: &str) {
        let Some(mut open) = self.open.take() else {
            return;
        };
        open.seen.broken = true;
        open.seen.given_up = kind == "timeout";
        open.span.fail(kind, message);
        open.end(End::Broken(message.to_owned())).end();
    }
}

impl Open {
    #[cfg(feature = "genai")]
    fn is_written_later(&self, body: &Later) -> bool {
        self.track.is_none() && self.ledger.is_none() && body.size() <= LIMIT
    }

    /// Settles all but the span, whose end says how it ended.
    fn end(mut self, end: End) -> Span {
        self.seen.body.end();
        if let Some(track) = &self.track {
            track.ended(end);
        }
        if let Some(ledger) = &self.ledger {
            self.seen.pay(ledger);
        }
        self.span.defer(self.seen);
        self.span
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Some(mut open) = self.open.take() else {
            return;
        };
        let saw_end = holds_end(open.seen.body.last());
        (open.seen.saw_end, open.seen.given_up) = (saw_end, !saw_end);
        let span = open.end(End::Left);
        if saw_end {
            span.end();
        }
        // Otherwise dropping the span says that it was cancelled, or that a panic went by; the record
        // says success all the same if the answer turns out to be whole.
    }
}

#[cfg(test)]
mod tests;
