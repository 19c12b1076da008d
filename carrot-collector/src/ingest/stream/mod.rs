//! `GET /ws/v1/stream`: records by WebSocket, as they begin and end, each acknowledged once it is durable.

mod connection;
mod dialect;
mod frames;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, HeaderValue, UPGRADE};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use crate::api::ApiError;
use crate::project::Project;
use crate::server::App;
use connection::Connection;

/// So many connections at once; each may hold a few megabytes of frames.
const MAX_STREAMS: u32 = 256;

/// The connections of a collector.
#[derive(Clone)]
pub(crate) struct Streams {
    /// One permit for each that may still come.
    room: Arc<Semaphore>,
    times: Times,
}

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
struct Times {
    /// To say who it is.
    auth: Duration,
    /// Between its answer and our next ping.
    ping: Duration,
    /// To answer a ping.
    pong: Duration,
    /// To take what we send, and to close.
    send: Duration,
    /// For the store to have room again.
    store: Duration,
}

impl Default for Streams {
    fn default() -> Streams {
        Streams {
            room: Arc::new(Semaphore::new(MAX_STREAMS as usize)),
            times: Times {
                auth: Duration::from_secs(5),
                ping: Duration::from_secs(30),
                pong: Duration::from_secs(30),
                send: Duration::from_secs(30),
                store: Duration::from_secs(5),
            },
        }
    }
}

impl Streams {
    /// Waits until no connection is left.
    pub(crate) async fn ended(&self) {
        // Never closed, so this is no error.
        let _ = self.room.acquire_many(MAX_STREAMS).await;
    }
}

/// Upgrades to a WebSocket and serves it.
pub(crate) async fn stream(
    State(app): State<App>,
    Project(project): Project,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        return upgrade_required();
    };
    let Ok(place) = Arc::clone(&app.streams.room).try_acquire_owned() else {
        let reason = format!("there are {MAX_STREAMS} connections already: come again later");
        return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, reason).into_response();
    };
    let upgrade = upgrade
        .max_message_size(app.body_limit)
        .max_frame_size(app.body_limit);
    upgrade.on_upgrade(async move |socket| {
        Connection::new(socket, app, project).serve().await;
        drop(place);
    })
}

fn upgrade_required() -> Response {
    let reason = "here is a WebSocket: send the headers that ask for one".to_owned();
    let mut response = ApiError::new(StatusCode::UPGRADE_REQUIRED, reason).into_response();
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    response
}
