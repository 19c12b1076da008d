//! `GET /v1/traces`: the roots, newest first.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{ApiError, json, query};
use crate::project::Project;
use crate::server::App;
use crate::view;

/// Answers one page.
pub(crate) async fn list(
    State(app): State<App>,
    Project(project): Project,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let filter = query::read(&query.unwrap_or_default())
        .map_err(|reason| ApiError::new(StatusCode::BAD_REQUEST, reason))?;
    let page = app.store.list(project, filter).await?;
    Ok(json(StatusCode::OK, &view::page(page)))
}
