use std::time::Duration;

use super::fault::Faults;
use super::hold::{Gate, Hold};

/// How a request is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) what: What,
    pub(super) status: Option<u16>,
    pub(super) usage: Option<TokenUsage>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) delay: Duration,
    pub(super) gate: Option<Gate>,
    pub(super) faults: Faults,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    /// What a model would say, in the dialect of the request.
    Answer(Answer),
    /// An error status with a body in the dialect of the request.
    Error { status: u16, message: String },
    /// A body as it is written.
    Raw {
        status: u16,
        content_type: String,
        pieces: Vec<Vec<u8>>,
        is_stream: bool,
    },
}

/// What a model would say.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) text: Option<String>,
    pub(super) reasoning: Option<String>,
    /// Names and arguments.
    pub(super) calls: Vec<(String, String)>,
    pub(super) finish_reason: Option<String>,
}

/// The token counts an answer reports, as OpenAI counts: tokens read from the cache and written to
/// it are part of the input, and reasoning is part of the output. Dialects that count otherwise are
/// given their own sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenUsage {
    /// Prompt tokens.
    pub input: u64,
    /// Answer tokens.
    pub output: u64,
    /// Prompt tokens read from the cache.
    pub cached: u64,
    /// Prompt tokens written to the cache.
    pub cache_write: u64,
    /// Answer tokens spent on reasoning.
    pub reasoning: u64,
}

impl Reply {
    fn new(what: What) -> Reply {
        Reply {
            what,
            status: None,
            usage: None,
            headers: Vec::new(),
            delay: Duration::ZERO,
            gate: None,
            faults: Faults::default(),
        }
    }

    /// An answer in text; streamed, it comes in a piece per word.
    pub fn text(text: impl Into<String>) -> Reply {
        Reply::new(What::Answer(Answer {
            text: Some(text.into()),
            ..Answer::default()
        }))
    }

    /// An answer of so many bytes in words of a kilobyte, for streams and bodies of any size.
    pub fn long(bytes: usize) -> Reply {
        let mut word = "x".repeat(1023);
        word.push(' ');
        let mut text = word.repeat(bytes / word.len());
        text.push_str(&"x".repeat(bytes % word.len()));
        Reply::text(text)
    }

    /// A tool call with these arguments, a JSON object's text; streamed, they come in fragments
    /// where the dialect has such.
    pub fn tool_call(name: impl Into<String>, arguments: impl Into<String>) -> Reply {
        Reply::new(What::Answer(Answer::default())).and_tool_call(name, arguments)
    }

    /// An error status, with an error of the dialect's form as body.
    pub fn error(status: u16, message: impl Into<String>) -> Reply {
        Reply::new(What::Error {
            status,
            message: message.into(),
        })
    }

    /// Exactly this body. A `text/event-stream` is sent event by event and `application/x-ndjson`
    /// line by line.
    pub fn raw(status: u16, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Reply {
        let (content_type, body) = (content_type.into(), body.into());
        if content_type.starts_with("text/event-stream") {
            Reply::pieces(status, content_type, split_after(&body, b"\n\n"))
        } else if content_type.starts_with("application/x-ndjson") {
            Reply::pieces(status, content_type, split_after(&body, b"\n"))
        } else {
            Reply::new(What::Raw {
                status,
                content_type,
                pieces: vec![body],
                is_stream: false,
            })
        }
    }

    /// A stream of exactly these pieces.
    pub fn pieces<P: Into<Vec<u8>>>(
        status: u16,
        content_type: impl Into<String>,
        pieces: impl IntoIterator<Item = P>,
    ) -> Reply {
        Reply::new(What::Raw {
            status,
            content_type: content_type.into(),
            pieces: pieces.into_iter().map(Into::into).collect(),
            is_stream: true,
        })
    }

    /// And one more tool call.
    pub fn and_tool_call(mut self, name: impl Into<String>, arguments: impl Into<String>) -> Reply {
        if let What::Answer(answer) = &mut self.what {
            answer.calls.push((name.into(), arguments.into()));
        }
        self
    }

    /// With reasoning before the answer: `reasoning_content` in OpenAI's chats, a summary in
    /// responses and interactions, thinking blocks at Anthropic, thoughts at Gemini and Ollama.
    pub fn reasoning(mut self, text: impl Into<String>) -> Reply {
        if let What::Answer(answer) = &mut self.what {
            answer.reasoning = Some(text.into());
        }
        self
    }

    /// With this finish reason in place of `stop` or `tool_calls`. OpenAI's words (`stop`,
    /// `length`, `tool_calls`, `content_filter`) are said in the dialect's own; any other word goes
    /// as it is.
    pub fn finish_reason(mut self, reason: impl Into<String>) -> Reply {
        if let What::Answer(answer) = &mut self.what {
            answer.finish_reason = Some(reason.into());
        }
        self
    }

    /// With these token counts, in place of the words counted.
    pub fn usage(mut self, usage: TokenUsage) -> Reply {
        self.usage = Some(usage);
        self
    }

    /// With this status, whatever the body is: some servers stream answers on a 500.
    pub fn status(mut self, status: u16) -> Reply {
        self.status = Some(status);
        self
    }

    /// With one more header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Reply {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a `Retry-After` of so many seconds.
    pub fn retry_after(self, seconds: u64) -> Reply {
        self.header("retry-after", seconds.to_string())
    }

    /// With a pause before each piece of a stream, or before a plain answer.
    pub fn delay(mut self, delay: Duration) -> Reply {
        self.delay = delay;
        self
    }

    /// Each piece of a stream, or a plain answer with its head, waits for a
    /// [`release`](Hold::release). Every request that gets this reply waits at the same gate.
    ///
    /// ```
    /// use carrot_providers::scripted::{ModelServer, Reply, When};
    ///
    /// let (reply, hold) = Reply::text("one two three").held();
    /// let server = ModelServer::builder().on(When::any(), reply).start();
    /// hold.release(2); // a stream's first two pieces, as soon as somebody asks
    /// drop(hold); // and all the rest
    /// ```
    pub fn held(mut self) -> (Reply, Hold) {
        let hold = Hold::default();
        self.gate = Some(hold.gate());
        (self, hold)
    }
}

/// The pieces of `body`, each with the end mark that closes it.
fn split_after(body: &[u8], mark: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.windows(mark.len()).position(|it| it == mark) {
        let (piece, after) = rest.split_at(at + mark.len());
        pieces.push(piece.to_vec());
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(rest.to_vec());
    }
    pieces
}
