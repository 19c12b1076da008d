//! What the answer of an OTLP endpoint means for the batch.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::export::answer::{self, Outcome, Refused, Secrets};

pub(super) const PROTOBUF: &str = "application/x-protobuf";
/// Behind no record of a batch, whatever it is added to.
const NOBODY_KNOWS: usize = usize::MAX / 2;

/// What was sent, and to whom.
pub(super) struct Asked<'a> {
    pub(super) spans: usize,
    pub(super) endpoint: &'a str,
    /// What an answer must not make us show.
    pub(super) headers: &'a HeaderMap,
}

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Protobuf,
    Json,
    /// None of those: this is no OTLP endpoint.
    Foreign,
}

pub(super) async fn read(mut response: Response, asked: &Asked<'_>) -> Outcome {
    let status = response.status();
    let after = answer::retry_after(&response);
    let form = form(response.headers());
    let endpoint = asked.endpoint;
    let body = match answer::body(&mut response).await {
        Ok(body) => body,
        Err(_) if status.is_success() => {
            return Outcome::retry(format!("the connection to {endpoint} broke"));
        }
        Err(_) => Vec::new(),
    };
    if status.is_success() {
        return taken(form, &body, asked);
    }
    let reason = reason(form, &body, asked);
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Outcome::TooLarge,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::KeyRefused {
            why: format!("{endpoint} refuses the credentials: check its headers{reason}"),
        },
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Outcome::Retry {
            why: format!("{endpoint} asks to wait ({status})"),
            after,
            nobody_listens: false,
        },
        status if status.is_server_error() => Outcome::Retry {
            why: format!("{endpoint} failed ({status})"),
            after,
            nobody_listens: false,
        },
        status if status.is_redirection() => Outcome::Refused {
            why: format!(
                "{endpoint} answers {status}, a redirect, which is not followed: use the address it leads to"
            ),
        },
        status if form == Form::Foreign => Outcome::Refused {
            why: format!("{endpoint} answers {status}: {WRONG}"),
        },
        status => Outcome::Refused {
            why: format!("{endpoint} answers {status}{reason}"),
        },
    }
}

/// What is said where a web page answers.
const WRONG: &str = "is this an OTLP endpoint? One takes protobuf, answers application/x-protobuf, and its path ends in /v1/traces mostly";

fn form(headers: &HeaderMap) -> Form {
    let kind = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    match kind.unwrap_or_default().trim() {
        "application/json" => Form::Json,
        PROTOBUF | "application/protobuf" | "application/octet-stream" => Form::Protobuf,
        _ => Form::Foreign,
    }
}

/// An answer with nothing in it says that all is well, in every form.
fn taken(form: Form, body: &[u8], asked: &Asked<'_>) -> Outcome {
    let partial = match form {
        _ if body.trim_ascii().is_empty() => None,
        Form::Protobuf => match ExportTraceServiceResponse::decode(body) {
            Ok(answer) => answer
                .partial_success
                .map(|it| (it.rejected_spans, it.error_message)),
            Err(_) => return foreign(asked),
        },
        Form::Json => match serde_json::from_slice::<Value>(body) {
            Ok(answer) => partial(&answer["partialSuccess"]),
            Err(_) => return foreign(asked),
        },
        Form::Foreign => return foreign(asked),
    };
    let (rejected, why) = partial.unwrap_or_default();
    // How many, but not which.
    let rejected = usize::try_from(rejected).unwrap_or(0).min(asked.spans);
    let why = match shown(&why, asked) {
        why if why.is_empty() => format!("{} took only some of the spans", asked.endpoint),
        why => why,
    };
    let refused = Refused {
        index: NOBODY_KNOWS,
        why,
    };
    Outcome::Delivered {
        refused: vec![refused; rejected],
    }
}

/// In JSON a 64-bit integer is a string, mostly.
fn partial(said: &Value) -> Option<(i64, String)> {
    let rejected = &said["rejectedSpans"];
    let text = || rejected.as_str()?.parse().ok();
    let why = said["errorMessage"].as_str().unwrap_or_default();
    Some((rejected.as_i64().or_else(text)?, why.to_owned()))
}

fn foreign(asked: &Asked<'_>) -> Outcome {
    Outcome::Refused {
        why: format!("{} gives no answer of OTLP: {WRONG}", asked.endpoint),
    }
}

/// The endpoint's own words, if there are any.
fn reason(form: Form, body: &[u8], asked: &Asked<'_>) -> String {
    /// `google.rpc.Status`, as far as it is words.
    #[derive(Message)]
    struct Status {
        #[prost(string, tag = "2")]
        message: String,
    }
    let words = match form {
        Form::Protobuf => Status::decode(body).ok().map(|status| status.message),
        Form::Json => serde_json::from_slice::<Value>(body).ok().and_then(|body| {
            let words = [&body["message"], &body["error"]["message"], &body["error"]];
            words.iter().find_map(|it| it.as_str()).map(str::to_owned)
        }),
        Form::Foreign => None,
    };
    match words.map(|words| shown(&words, asked)) {
        Some(words) if !words.is_empty() => format!(" ({words})"),
        _ => String::new(),
    }
}

/// The endpoint's words without the credentials, which some repeat.
fn shown(words: &str, asked: &Asked<'_>) -> String {
    let secrets = Secrets {
        key: None,
        headers: asked.headers,
    };
    secrets.shown(words)
}
