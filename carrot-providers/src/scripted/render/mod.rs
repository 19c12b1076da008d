//! Replies in the forms of the API.

mod chat;
mod completions;
mod embeddings;
mod responses;

use carrot_wire::llm::Endpoint;
use serde_json::{Value, json};

use super::reply::{Answer, Reply, TokenUsage, What};
use super::request::Request;

/// When everything here was created: the same in every run.
const CREATED: u64 = 1_700_000_000;

/// A response, ready to be sent.
pub(super) struct Rendered {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) request_id: String,
    pub(super) is_stream: bool,
    pub(super) pieces: Vec<String>,
}

/// What the renderers of the endpoints are given.
struct Page<'a> {
    request: &'a Request,
    answer: &'a Answer,
    usage: TokenUsage,
    number: usize,
}

pub(super) fn render(request: &Request, reply: &Reply, number: usize) -> Rendered {
    let What::Answer(answer) = &reply.what else {
        return Rendered {
            request_id: format!("req_{number}"),
            ..Rendered::raw(reply)
        };
    };
    let said = [&answer.text, &answer.reasoning].into_iter().flatten();
    let counted = TokenUsage {
        input: request.words(),
        output: said
            .map(|it| it.split_whitespace().count() as u64)
            .sum::<u64>()
            + answer.calls.len() as u64,
        ..TokenUsage::default()
    };
    let page = Page {
        request,
        answer,
        usage: reply.usage.unwrap_or(counted),
        number,
    };
    let is_stream = request.wants_stream() && request.endpoint != Endpoint::Embeddings;
    let pieces = match request.endpoint {
        Endpoint::ChatCompletions if is_stream => events(chat::chunks(&page)),
        Endpoint::ChatCompletions => plain(chat::whole(&page), reply),
        Endpoint::Completions if is_stream => events(completions::chunks(&page)),
        Endpoint::Completions => plain(completions::whole(&page), reply),
        Endpoint::Responses if is_stream => responses::events(&page),
        Endpoint::Responses => plain(responses::whole(&page), reply),
        Endpoint::Embeddings => plain(embeddings::whole(&page), reply),
        other => plain(
            serde_json::json!({ "error": format!("{other:?} cannot be scripted") }),
            reply,
        ),
    };
    let content_type = if is_stream {
        "text/event-stream; charset=utf-8"
    } else {
        "application/json"
    };
    Rendered {
        status: 200,
        content_type: content_type.to_owned(),
        request_id: format!("req_{number}"),
        is_stream,
        pieces,
    }
}

impl Rendered {
    /// A reply that is sent as it is written.
    pub(super) fn raw(reply: &Reply) -> Rendered {
        let What::Raw {
            status,
            content_type,
            body,
        } = &reply.what
        else {
            return Rendered::raw(&Reply::error(500, "not a raw reply"));
        };
        let is_stream = content_type.starts_with("text/event-stream");
        let pieces = if is_stream {
            body.split_inclusive("\n\n").map(str::to_owned).collect()
        } else {
            halves(body.clone(), reply)
        };
        Rendered {
            status: *status,
            content_type: content_type.clone(),
            request_id: "req_0".to_owned(),
            is_stream,
            pieces,
        }
    }
}

fn events(chunks: Vec<Value>) -> Vec<String> {
    let done = std::iter::once("data: [DONE]\n\n".to_owned());
    chunks
        .iter()
        .map(|chunk| format!("data: {chunk}\n\n"))
        .chain(done)
        .collect()
}

fn plain(body: Value, reply: &Reply) -> Vec<String> {
    halves(body.to_string(), reply)
}

/// A plain body in one piece, or in two where it is to be cut.
fn halves(body: String, reply: &Reply) -> Vec<String> {
    match reply.cut_after {
        Some(_) => {
            let middle = body.floor_char_boundary(body.len() / 2);
            vec![body[..middle].to_owned(), body[middle..].to_owned()]
        }
        None => vec![body],
    }
}

impl Page<'_> {
    /// An id for something in this answer.
    fn id(&self, kind: &str) -> String {
        format!("{kind}-scripted-{}", self.number)
    }

    fn call_id(&self, index: usize) -> String {
        format!("call_scripted_{}_{index}", self.number)
    }

    fn finish_reason(&self) -> &str {
        let natural = if self.answer.calls.is_empty() {
            "stop"
        } else {
            "tool_calls"
        };
        self.answer.finish_reason.as_deref().unwrap_or(natural)
    }

    /// Usage in the words of chat completions.
    fn usage(&self) -> Value {
        let TokenUsage {
            input,
            output,
            cached,
            reasoning,
        } = self.usage;
        json!({
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": input + output,
            "prompt_tokens_details": { "cached_tokens": cached },
            "completion_tokens_details": { "reasoning_tokens": reasoning },
        })
    }
}

/// A text in pieces, one a word, spaces kept.
fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(' ').collect()
}
