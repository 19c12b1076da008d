//! From a request to the response it gets.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::channel::{Channel, Sender};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::json;
use tokio::sync::mpsc;

use super::render::{Rendered, render};
use super::reply::Reply;
use super::server::{Shared, lock};

/// The largest request taken, in bytes.
const MAX_REQUEST: usize = 64 << 20;

type Body = Channel<Bytes, std::io::Error>;
type Sending = Sender<Bytes, std::io::Error>;

/// Answers a request, or gives the bytes of a response that HTTP forbids to `wire` and never returns.
pub(super) async fn answer(
    request: http::Request<Incoming>,
    script: Shared,
    wire: mpsc::Sender<Vec<u8>>,
) -> Result<http::Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_REQUEST).collect().await else {
        let mut response = whole(json!({ "error": { "message": "the request is too large" } }));
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return Ok(response);
    };
    let path = head.uri.to_string();
    if head.method == Method::GET && head.uri.path() == "/v1/models" {
        return Ok(models());
    }
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    let headers = head.headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    let headers = headers.collect();
    let answered = catch_unwind(AssertUnwindSafe(|| {
        let (request, reply, number) = lock(&script).ask(head.method.as_str(), path, headers, text);
        (render(&request, &reply, number), reply)
    }));
    let Ok((rendered, reply)) = answered else {
        lock(&script).problem(format!("answering {} panicked", head.uri.path()));
        let mut response = whole(json!({ "error": { "message": "the script panicked" } }));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return Ok(response);
    };
    if !rendered.is_stream {
        // A model that does not stream is silent until it has all.
        wait(&reply).await;
    }
    let headers = headers_of(&rendered, &reply);
    if reply.faults.length_by != 0 {
        let _ = wire.send(lie(&rendered, &headers, &reply)).await;
        std::future::pending::<()>().await;
    }
    let (sender, body) = Channel::new(1);
    let mut response = http::Response::new(body);
    *response.status_mut() = status(&rendered);
    *response.headers_mut() = headers;
    tokio::spawn(send(sender, rendered, reply));
    Ok(response)
}

fn models() -> http::Response<Body> {
    let model =
        |id: &str| json!({ "id": id, "object": "model", "created": 0, "owned_by": "scripted" });
    whole(
        json!({ "object": "list", "data": [model("gpt-4o-mini"), model("text-embedding-3-small")] }),
    )
}

/// A response that no script has to do with.
fn whole(body: serde_json::Value) -> http::Response<Body> {
    let (mut sender, channel) = Channel::new(1);
    let mut response = http::Response::new(channel);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    let body = Bytes::from(body.to_string());
    tokio::spawn(async move { sender.send_data(body).await });
    response
}

fn status(rendered: &Rendered) -> StatusCode {
    StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn headers_of(rendered: &Rendered, reply: &Reply) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name: &str, value: &str| {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE.as_str(), &rendered.content_type);
    if let Some((name, id)) = &rendered.request_id {
        set(name, id);
    }
    if !rendered.is_stream {
        set(
            header::CONTENT_LENGTH.as_str(),
            &length(rendered).to_string(),
        );
    }
    for (name, value) in &reply.headers {
        set(name, value);
    }
    headers
}

fn length(rendered: &Rendered) -> usize {
    rendered.pieces.iter().map(Bytes::len).sum()
}

/// A response as bytes, with a length that is not its own.
fn lie(rendered: &Rendered, headers: &HeaderMap, reply: &Reply) -> Vec<u8> {
    let length = (length(rendered) as i64).saturating_add(reply.faults.length_by);
    let mut bytes = format!(
        "HTTP/1.1 {}\r\ncontent-length: {}\r\n",
        status(rendered),
        length.max(0)
    )
    .into_bytes();
    let honest = headers
        .iter()
        .filter(|(name, _)| **name != header::CONTENT_LENGTH);
    for (name, value) in honest {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes.extend(rendered.pieces.concat());
    bytes
}

/// Sends the pieces one by one, in time and, if so scripted, not all of them or without end. Ends
/// early, and without a word, when nobody listens any more.
async fn send(mut sender: Sending, rendered: Rendered, reply: Reply) {
    let Rendered {
        is_stream,
        mut pieces,
        ..
    } = rendered;
    match reply.faults.cut_after {
        Some(cut) if is_stream => pieces.truncate(cut),
        Some(_) => {
            for piece in &mut pieces {
                piece.truncate(piece.len() / 2);
            }
        }
        None => {}
    }
    let repeated = (is_stream && reply.faults.is_endless).then_some(pieces.len() / 2);
    let mut next = 0;
    while let Some(piece) = pieces.get(next) {
        if is_stream {
            wait(&reply).await;
        }
        if sender.send_data(piece.clone()).await.is_err() {
            return;
        }
        if repeated != Some(next) {
            next += 1;
        }
    }
    if reply.faults.cut_after.is_some() {
        // Let what was sent go out before the connection breaks.
        tokio::task::yield_now().await;
        sender.abort(std::io::Error::other("cut by the script"));
    }
}

/// Waits as the reply wants it before each piece.
async fn wait(reply: &Reply) {
    if let Some(gate) = &reply.gate {
        gate.pass().await;
    }
    // Not for nothing: the timer's shortest sleep is a millisecond.
    if reply.delay > Duration::ZERO {
        tokio::time::sleep(reply.delay).await;
    }
}
