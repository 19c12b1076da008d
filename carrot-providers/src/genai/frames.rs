use std::sync::{Arc, Mutex, PoisonError};

use ::genai::Error;
use ::genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef, StreamEnd};
use bytes::Bytes;

use super::target::Target;
use super::{errors, said};
use crate::tap::Call;

/// Hears the frames of one stream, tells the call of them, and passes them on. When the stream is
/// dropped so is this, and with it the call.
pub(super) struct Frames {
    state: Mutex<State>,
    theirs: Option<Arc<dyn ChatFrameSink>>,
    content_type: &'static str,
    is_raw: bool,
}

struct State {
    call: Option<Call>,
    has_begun: bool,
}

impl Frames {
    pub(super) fn new(
        call: Call,
        target: &Target,
        theirs: Option<Arc<dyn ChatFrameSink>>,
    ) -> Frames {
        Frames {
            state: Mutex::new(State {
                call: Some(call),
                has_begun: false,
            }),
            theirs,
            content_type: target.stream_type(),
            is_raw: target.is_raw,
        }
    }

    /// Tells the call, if it has not ended.
    fn tell(&self, news: impl FnOnce(&mut State)) {
        news(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl State {
    /// The head of an answer does not show, but a frame says that there was one.
    fn begin(&mut self, content_type: &str) {
        if !std::mem::replace(&mut self.has_begun, true)
            && let Some(call) = &mut self.call
        {
            errors::head(call, content_type);
        }
    }
}

impl ChatFrameSink for Frames {
    fn on_frame(&self, ctx: &FrameCtx, frame: RawFrameRef<'_>) {
        if self.is_raw {
            self.tell(|state| {
                state.begin(self.content_type);
                if let Some(call) = &mut state.call {
                    call.piece(&piece(frame.event, frame.data, self.content_type));
                }
            });
        }
        if let Some(theirs) = &self.theirs {
            theirs.on_frame(ctx, frame);
        }
    }

    fn on_end(&self, ctx: &FrameCtx, end: &StreamEnd) {
        self.tell(|state| {
            if !self.is_raw {
                state.begin("application/json");
            }
            if let Some(mut call) = state.call.take() {
                if !self.is_raw {
                    call.piece(&said::stream(end));
                }
                call.ended();
            }
        });
        if let Some(theirs) = &self.theirs {
            theirs.on_end(ctx, end);
        }
    }

    fn on_error(&self, ctx: &FrameCtx, error: &Error) {
        self.tell(|state| {
            if !errors::is_of_a_frame(error)
                && let Some(call) = state.call.take()
            {
                errors::end(call, error);
            }
        });
        if let Some(theirs) = &self.theirs {
            theirs.on_error(ctx, error);
        }
    }
}

/// A frame as it came, but for the spelling of its line ends.
fn piece(event: Option<&str>, data: &str, content_type: &str) -> Bytes {
    let mut piece = String::with_capacity(data.len() + 48);
    if content_type != "text/event-stream" {
        piece.push_str(data);
        piece.push('\n');
        return piece.into();
    }
    if let Some(event) = event {
        piece.extend(["event: ", event, "\n"]);
    }
    match data {
        "" => piece.push_str(":\n"),
        data => data
            .lines()
            .for_each(|line| piece.extend(["data: ", line, "\n"])),
    }
    piece.push('\n');
    piece.into()
}

#[cfg(test)]
mod tests {
    use super::piece;

    #[test]
    fn frames_are_written_as_they_came() {
        let sse = |event, data| piece(event, data, "text/event-stream");
        assert_eq!(sse(None, "{}"), "data: {}\n\n");
        assert_eq!(
            sse(Some("ping"), "a\nb"),
            "event: ping\ndata: a\ndata: b\n\n"
        );
        assert_eq!(sse(None, ""), ":\n\n");
        assert_eq!(piece(None, "{}", "application/x-ndjson"), "{}\n");
    }
}
