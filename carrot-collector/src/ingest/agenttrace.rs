//! The AgentTrace dialect: `POST /api/public/ingestion`.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use carrot_wire::agenttrace;

use super::carrot::foreign_id;
use super::{body, in_background, store};
use crate::api::{self, ApiError};
use crate::project::Project;
use crate::server::App;

/// Takes a batch; what the answer calls a success is durable.
pub(crate) async fn ingest(
    State(app): State<App>,
    Project(project): Project,
    request: Request,
) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let body = body::read(&head.headers, body, app.body_limit).await?;
    let space = project.clone();
    let read = move || {
        let body = body.unpack()?;
        let batch = agenttrace::read(&body, &|external| foreign_id(external, &space))
            .map_err(|error| ApiError::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        Ok((batch, body.len()))
    };
    let (batch, bytes) = in_background(read).await?;
    store(&app, project, batch.records, bytes).await?;
    Ok(api::json(StatusCode::MULTI_STATUS, &batch.answer))
}
