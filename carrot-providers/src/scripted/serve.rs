use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use carrot_wire::llm::Endpoint;
use http_body_util::channel::{Channel, Sender};
use serde_json::{Value, json};

use super::render::{Rendered, render};
use super::reply::Reply;
use super::server::{Shared, lock};

/// The largest request taken, in bytes.
const MAX_REQUEST: usize = 64 << 20;

type Sending = Sender<Bytes, std::io::Error>;

/// Serves until it is dropped.
pub(super) async fn serve(listener: std::net::TcpListener, script: Shared) -> std::io::Result<()> {
    let router = Router::new()
        .route("/v1/models", get(models))
        .fallback(ask)
        .layer(axum::extract::DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(script);
    // Without it each piece of an answer would wait for the client to confirm the one before.
    let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    axum::serve(listener, router).await
}

async fn models() -> Json<Value> {
    let model =
        |id: &str| json!({ "id": id, "object": "model", "created": 0, "owned_by": "scripted" });
    Json(
        json!({ "object": "list", "data": [model("gpt-4o-mini"), model("text-embedding-3-small")] }),
    )
}

async fn ask(
    State(script): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(endpoint) = Endpoint::find(method.as_str(), uri.path()) else {
        let reply = Reply::error(
            404,
            &format!("Unknown request URL: {method} {}.", uri.path()),
        );
        return respond(Rendered::raw(&reply), &reply).await;
    };
    let headers = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let headers = headers.collect();
    let text = String::from_utf8_lossy(&body).into_owned();
    let answered = catch_unwind(AssertUnwindSafe(|| {
        let (request, reply, number) = lock(&script).ask(endpoint, uri.to_string(), headers, text);
        (render(&request, &reply, number), reply)
    }));
    match answered {
        Ok((rendered, reply)) => respond(rendered, &reply).await,
        Err(_) => {
            lock(&script).problem(format!("answering {} panicked", uri.path()));
            let reply = Reply::error(500, "the script panicked");
            respond(Rendered::raw(&reply), &reply).await
        }
    }
}

/// Sends the pieces one by one, in time and, if so scripted, not all of them.
async fn respond(rendered: Rendered, reply: &Reply) -> Response {
    let mut delay = reply.delay;
    if !rendered.is_stream {
        // A model that does not stream is silent until it has all.
        pause(std::mem::take(&mut delay)).await;
    }
    let (sender, body) = Channel::<Bytes, std::io::Error>::new(1);
    let mut response = Response::new(Body::new(body));
    *response.status_mut() =
        StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let mut set = |name: &str, value: &str| {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE.as_str(), &rendered.content_type);
    set("x-request-id", &rendered.request_id);
    if !rendered.is_stream {
        let length: usize = rendered.pieces.iter().map(String::len).sum();
        set(header::CONTENT_LENGTH.as_str(), &length.to_string());
    }
    reply
        .headers
        .iter()
        .for_each(|(name, value)| set(name, value));
    tokio::spawn(send(sender, rendered.pieces, delay, reply.cut_after));
    response
}

/// Ends early, and without a word, when nobody listens any more.
async fn send(mut sender: Sending, pieces: Vec<String>, delay: Duration, cut_after: Option<usize>) {
    for piece in pieces.into_iter().take(cut_after.unwrap_or(usize::MAX)) {
        pause(delay).await;
        if sender.send_data(Bytes::from(piece)).await.is_err() {
            return;
        }
    }
    if cut_after.is_some() {
        // Let what was sent go out before the connection breaks.
        tokio::task::yield_now().await;
        sender.abort(std::io::Error::other("cut by the script"));
    }
}

/// Sleeps, but not for nothing: the timer's shortest sleep is a millisecond.
async fn pause(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}
