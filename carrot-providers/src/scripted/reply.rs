use std::time::Duration;

/// How a request is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) what: What,
    pub(super) usage: Option<TokenUsage>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) delay: Duration,
    pub(super) cut_after: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Answer(Answer),
    Raw {
        status: u16,
        content_type: String,
        body: String,
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

/// The token counts an answer reports, as OpenAI counts: cached tokens are part of the input and
/// reasoning is part of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenUsage {
    /// Prompt tokens.
    pub input: u64,
    /// Answer tokens.
    pub output: u64,
    /// Prompt tokens read from the cache.
    pub cached: u64,
    /// Answer tokens spent on reasoning.
    pub reasoning: u64,
}

impl Reply {
    fn new(what: What) -> Reply {
        Reply {
            what,
            usage: None,
            headers: Vec::new(),
            delay: Duration::ZERO,
            cut_after: None,
        }
    }

    /// An answer in text; streamed, it comes in a piece per word.
    pub fn text(text: impl Into<String>) -> Reply {
        Reply::new(What::Answer(Answer {
            text: Some(text.into()),
            ..Answer::default()
        }))
    }

    /// A tool call with these arguments, a JSON object's text; streamed, they come in fragments.
    pub fn tool_call(name: impl Into<String>, arguments: impl Into<String>) -> Reply {
        Reply::new(What::Answer(Answer::default())).and_tool_call(name, arguments)
    }

    /// An error status, with an error object of OpenAI's form as body.
    pub fn error(status: u16, message: &str) -> Reply {
        let kind = match status {
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        };
        let error =
            serde_json::json!({ "message": message, "type": kind, "param": null, "code": null });
        Reply::raw(
            status,
            "application/json",
            serde_json::json!({ "error": error }).to_string(),
        )
    }

    /// Exactly this body. A `text/event-stream` body is sent event by event.
    pub fn raw(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Reply {
        Reply::new(What::Raw {
            status,
            content_type: content_type.into(),
            body: body.into(),
        })
    }

    /// And one more tool call.
    pub fn and_tool_call(mut self, name: impl Into<String>, arguments: impl Into<String>) -> Reply {
        if let What::Answer(answer) = &mut self.what {
            answer.calls.push((name.into(), arguments.into()));
        }
        self
    }

    /// With reasoning before the answer: `reasoning_content` in chats, a summary in responses.
    pub fn reasoning(mut self, text: impl Into<String>) -> Reply {
        if let What::Answer(answer) = &mut self.what {
            answer.reasoning = Some(text.into());
        }
        self
    }

    /// With this finish reason in place of `stop` or `tool_calls`.
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

    /// Breaks the connection after so many pieces of a stream. A plain body is broken in its middle.
    pub fn cut_after(mut self, pieces: usize) -> Reply {
        self.cut_after = Some(pieces);
        self
    }
}
