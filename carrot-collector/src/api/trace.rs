//! `GET /v1/traces/{id}`: a trace, or the part of it below one span.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{ApiError, json};
use crate::project::Project;
use crate::server::App;
use crate::view;

/// Answers the record with its children nested inside.
pub(crate) async fn trace(
    State(app): State<App>,
    Project(project): Project,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let tree = app.store.get(project.clone(), id.clone()).await?;
    let Some(tree) = tree else {
        let id: String = id.chars().take(100).collect();
        let message = format!("there is no trace {id} in project {project}");
        return Err(ApiError::new(StatusCode::NOT_FOUND, message));
    };
    // Ten thousand spans take a while to write.
    let answer = tokio::task::spawn_blocking(move || {
        let tree = view::tree(tree).ok_or_else(ApiError::internal)?;
        Ok(json(StatusCode::OK, &tree))
    });
    answer.await.map_err(|_| ApiError::internal())?
}
