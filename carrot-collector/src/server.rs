//! The routes, and how serving begins and ends.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::watch;

use crate::api::{self, ApiError};
use crate::ingest::stream::{self, Streams};
use crate::store::Store;
use crate::{guard, ingest, ui};

/// How long a shutdown waits for requests that have begun.
const GRACE: Duration = Duration::from_secs(10);

/// What every handler may use.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) body_limit: usize,
    pub(crate) streams: Streams,
    /// Becomes true when the collector is to stop.
    pub(crate) stopped: watch::Receiver<bool>,
}

/// Serves until the app is stopped and open requests are answered.
pub(crate) async fn serve(listener: TcpListener, app: App) {
    let listener = listener
        .set_nonblocking(true)
        .and_then(|()| tokio::net::TcpListener::from_std(listener));
    let Ok(listener) = listener else {
        return;
    };
    let stop = stop(app.stopped.clone());
    let deadline = stop_after(app.stopped.clone(), GRACE);
    let streams = app.streams.clone();
    let server = axum::serve(listener, router(app)).with_graceful_shutdown(stop);
    let served = async {
        let _ = server.await;
        // The server does not know of connections that were upgraded.
        streams.ended().await;
    };
    tokio::select! {
        () = served => {}
        () = deadline => {}
    }
}

/// Ends when the collector is to stop.
pub(crate) async fn stop(mut stopped: watch::Receiver<bool>) {
    // An error means that the handle is gone, which is the same.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn stop_after(stopped: watch::Receiver<bool>, grace: Duration) {
    stop(stopped).await;
    tokio::time::sleep(grace).await;
}

fn router(app: App) -> Router {
    Router::new()
        .route("/v1/traces/ingest", post(ingest::carrot::ingest))
        .route(
            carrot_wire::agenttrace::PATH,
            post(ingest::agenttrace::ingest),
        )
        .merge(ingest::retrace::routes())
        .route(carrot_wire::live::PATH, get(stream::stream))
        .route(
            "/v1/traces",
            get(api::list::list).post(ingest::otlp::ingest),
        )
        .route("/v1/traces/{id}", get(api::trace::trace))
        .route("/v1/live", get(api::live::live))
        .route("/healthz", get(health))
        .route("/", get(ui::index))
        .route("/traces/{*rest}", get(ui::index))
        .route("/app.js", get(ui::script))
        .route("/app.css", get(ui::style))
        .route("/favicon.svg", get(ui::icon))
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn(guard::check))
        .with_state(app)
}

async fn health() -> Response {
    let body = serde_json::json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    api::json(StatusCode::OK, &body)
}

async fn unknown(uri: Uri) -> ApiError {
    let path: String = uri.path().chars().take(200).collect();
    ApiError::new(StatusCode::NOT_FOUND, format!("there is no {path} here"))
}

async fn not_allowed(method: Method, uri: Uri) -> Response {
    let path: String = uri.path().chars().take(200).collect();
    let message = format!("{path} does not take {method}");
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message).into_response()
}
