//! The AgentTrace dialect: `POST /api/public/ingestion`.

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use carrot_wire::agenttrace::{self, Answer};

use super::body;
use super::carrot::foreign_id;
use crate::api::{self, ApiError};
use crate::project::Project;
use crate::server::App;
use crate::store::Batch;

/// Takes a batch; what the answer calls a success is durable.
pub(crate) async fn ingest(
    State(app): State<App>,
    Project(project): Project,
    request: Request,
) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let body = body::read(&head.headers, body, app.body_limit).await?;
    // Megabytes of JSON take a while: not on a thread that serves connections.
    let read = tokio::task::spawn_blocking(move || read(&body.unpack()?, project)).await;
    let (batch, answer) = read.map_err(|_| ApiError::internal())??;
    if !batch.records.is_empty() {
        app.store.ingest(batch).await?;
    }
    Ok(api::json(StatusCode::MULTI_STATUS, &answer))
}

fn read(body: &Bytes, project: String) -> Result<(Batch, Answer), ApiError> {
    let read = agenttrace::read(body, &|external| foreign_id(external, &project))
        .map_err(|error| ApiError::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    let batch = Batch {
        project,
        records: read.records,
        bytes: body.len(),
    };
    Ok((batch, read.answer))
}
