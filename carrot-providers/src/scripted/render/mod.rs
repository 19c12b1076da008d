//! Replies in the words of the dialects.

mod openai;
mod anthropic;
mod gemini;
mod interactions;
mod ollama;

mod error;
mod frame;
mod logprobs;
mod vector;

use bytes::Bytes;
use serde_json::Value;

use super::reply::{Answer, Reply, TokenUsage, What};
use super::request::Request;
use super::route::{Dialect, Route};

/// When everything here was created, in seconds since 1970 and in words: the same in every run.
const CREATED: u64 = 1_700_000_000;
const CREATED_AT: &str = "2023-11-14T22:13:20Z";

const SSE: &str = "text/event-stream; charset=utf-8";

/// A response, ready to be sent.
pub(super) struct Rendered {
    pub(super) status: u16,
    pub(super) content_type: String,
    /// The header in which the dialect names the request, and the name.
    pub(super) request_id: Option<(&'static str, String)>,
    pub(super) is_stream: bool,
    pub(super) pieces: Vec<Bytes>,
}

/// What the renderers are given.
struct Page<'a> {
    request: &'a Request,
    answer: &'a Answer,
    usage: TokenUsage,
    number: usize,
}

/// The answer to the request of this number.
pub(super) fn render(request: &Request, reply: &Reply, number: usize) -> Rendered {
    let turned = match request.wants_stream() {
        true => None,
        false => reply.plain_error(),
    };
    let reply = turned.as_ref().unwrap_or(reply);
    let mut rendered = match &reply.what {
        What::Answer(_) if request.route == Route::Other => {
            let message = "the server knows no dialect for this path: script a raw reply";
            Rendered::plain(500, error::body(request, 500, message))
        }
        What::Answer(answer) => spoken(&Page::new(request, answer, reply.usage, number)),
        What::Error { status, message } => {
            Rendered::plain(*status, error::body(request, *status, message))
        }
        What::Raw {
            status,
            content_type,
            pieces,
            is_stream,
        } => Rendered {
            is_stream: *is_stream,
            ..Rendered::new(*status, content_type, pieces.clone())
        },
    };
    rendered.request_id = match request.route.dialect() {
        Dialect::OpenAi => Some(("x-request-id", format!("req_{number}"))),
        Dialect::Anthropic => Some(("request-id", format!("req_{number}"))),
        Dialect::Gemini | Dialect::Ollama => None,
    };
    rendered.go_wrong(request, reply);
    rendered
}

fn spoken(page: &Page<'_>) -> Rendered {
    let plain = |body: Value| Rendered::plain(200, body);
    let request = page.request;
    if !request.wants_stream() {
        return match request.route {
            Route::ChatCompletions => plain(openai::chat::whole(page)),
            Route::Completions => plain(openai::completions::whole(page)),
            Route::Responses => plain(openai::responses::whole(page)),
            Route::Embeddings => plain(openai::embeddings::whole(page)),
            Route::Messages => plain(anthropic::whole(page)),
            Route::GenerateContent | Route::StreamGenerateContent => plain(gemini::whole(page)),
            Route::EmbedContent => plain(gemini::embedding(page)),
            Route::BatchEmbedContents => plain(gemini::embeddings(page)),
            Route::Interactions => plain(interactions::whole(page)),
            Route::OllamaChat | Route::OllamaGenerate => plain(ollama::whole(page)),
            Route::OllamaEmbed => plain(ollama::embeddings(page)),
            Route::Other => plain(Value::Null),
        };
    }
    match request.route {
        Route::ChatCompletions => {
            Rendered::stream(SSE, frame::data_and_done(openai::chat::chunks(page)))
        }
        Route::Completions => {
            Rendered::stream(SSE, frame::data_and_done(openai::completions::chunks(page)))
        }
        Route::Responses => Rendered::stream(SSE, openai::responses::events(page)),
        Route::Messages => Rendered::stream(SSE, anthropic::events(page)),
        Route::StreamGenerateContent if request.wants_events() => {
            let pieces = gemini::chunks(page).iter().map(frame::data).collect();
            Rendered::stream("text/event-stream", pieces)
        }
        Route::Interactions => Rendered::stream("text/event-stream", interactions::events(page)),
        Route::OllamaChat | Route::OllamaGenerate => {
            let pieces = ollama::chunks(page).iter().map(frame::line).collect();
            Rendered::stream("application/x-ndjson", pieces)
        }
        _ => Rendered::stream("application/json", frame::array(&gemini::chunks(page))),
    }
}

impl Rendered {
    fn new<P: Into<Bytes>>(
        status: u16,
        content_type: &str,
        pieces: impl IntoIterator<Item = P>,
    ) -> Rendered {
        Rendered {
            status,
            content_type: content_type.to_owned(),
            request_id: None,
            is_stream: false,
            pieces: pieces.into_iter().map(Into::into).collect(),
        }
    }

    /// A body that has nothing to do with any script.
    pub(super) fn plain(status: u16, body: Value) -> Rendered {
        Rendered::new(status, "application/json", [body.to_string()])
    }

    fn stream(content_type: &str, pieces: Vec<String>) -> Rendered {
        Rendered {
            is_stream: true,
            ..Rendered::new(200, content_type, pieces)
        }
    }

    /// Changes what the script wants otherwise. What happens on the way is for the sender.
    fn go_wrong(&mut self, request: &Request, reply: &Reply) {
        let faults = &reply.faults;
        if let Some(at) = faults.garbled {
            let at = if self.is_stream { at } else { 0 };
            if let Some(piece) = self.pieces.get_mut(at) {
                *piece = frame::garbled(piece);
            }
        }
        if let (Some((after, message)), true) = (&faults.error_after, self.is_stream) {
            self.pieces.truncate(*after);
            self.pieces
                .push(error::in_stream(request, *after, message).into());
        }
        self.status = reply.status.unwrap_or(self.status);
        if let Some(content_type) = &faults.content_type {
            self.content_type.clone_from(content_type);
        }
    }
}

impl<'a> Page<'a> {
    fn new(
        request: &'a Request,
        answer: &'a Answer,
        usage: Option<TokenUsage>,
        number: usize,
    ) -> Page<'a> {
        let said = [&answer.text, &answer.reasoning].into_iter().flatten();
        let output: u64 = said.map(|it| it.split_whitespace().count() as u64).sum();
        let counted = TokenUsage {
            input: request.words(),
            output: output + answer.calls.len() as u64,
            ..TokenUsage::default()
        };
        Page {
            request,
            answer,
            usage: usage.unwrap_or(counted),
            number,
        }
    }

    /// An id for something in this answer.
    fn id(&self, kind: &str) -> String {
        format!("{kind}-scripted-{}", self.number)
    }

    fn call_id(&self, index: usize) -> String {
        format!("call_scripted_{}_{index}", self.number)
    }

    /// The finish reason in OpenAI's words.
    fn finish_reason(&self) -> &str {
        let natural = if self.answer.calls.is_empty() {
            "stop"
        } else {
            "tool_calls"
        };
        self.answer.finish_reason.as_deref().unwrap_or(natural)
    }

    fn text_words(&self) -> Vec<&str> {
        self.answer.text.as_deref().map(words).unwrap_or_default()
    }

    fn reasoning_words(&self) -> Vec<&str> {
        let reasoning = self.answer.reasoning.as_deref();
        reasoning.map(words).unwrap_or_default()
    }
}

/// A text in pieces, one a word, spaces kept.
fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(' ').collect()
}

/// Arguments in pieces of a few characters.
fn fragments(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters
        .chunks(5)
        .map(|piece| piece.iter().collect())
        .collect()
}

/// Arguments as JSON, for dialects that do not send them as text. What is no JSON stays text.
fn parsed(arguments: &str) -> Value {
    serde_json::from_str(arguments).unwrap_or_else(|_| arguments.into())
}
