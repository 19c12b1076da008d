//! The Retrace dialect over HTTP: whole traces below `/api/v1/traces`. By WebSocket it comes to [`stream`](super::stream).

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use carrot_wire::record::RecordError;
use carrot_wire::retrace::{self, Golden, PATH, TraceView};
use carrot_wire::{RecordId, Status};
use serde_json::json;

use super::carrot::foreign_id;
use super::{body, in_background, store};
use crate::api::{self, ApiError};
use crate::project::Project;
use crate::server::App;
use crate::store::Filter;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 500;
/// A list is read from its beginning, so that it ends somewhere.
const MAX_OFFSET: usize = 10_000;

/// The routes of the dialect.
pub(crate) fn routes() -> Router<App> {
    let trace = get(read_trace).patch(end_trace).delete(forget);
    Router::new()
        .route(PATH, post(take_trace).get(list))
        .route(&format!("{PATH}/{{id}}"), trace)
        .route(&format!("{PATH}/{{id}}/golden"), post(mark_golden))
}

/// Takes a whole trace. Of one that is there already only the spans are taken, whichever of them are missing.
async fn take_trace(
    State(app): State<App>,
    Project(project): Project,
    request: Request,
) -> Result<Response, ApiError> {
    let (bytes, text) = text(&app, request).await?;
    let space = project.clone();
    let read = in_background(move || {
        let key = |external: &str| foreign_id(external, &space);
        retrace::read_trace(&text, &key).map_err(refused)
    });
    let trace = read.await?;
    let id = trace.root.id.unwrap_or_default();
    let is_new = !is_there(&app, &project, id).await?;
    let mut records = trace.spans;
    if is_new {
        records.insert(0, trace.root);
    }
    store(&app, project, records, bytes).await?;
    if is_new {
        return Ok(api::json(StatusCode::CREATED, &json!({"id": id})));
    }
    let reason = format!("the trace {id} is there already: PATCH it to end it");
    Err(ApiError::new(StatusCode::CONFLICT, reason))
}

/// Takes how a trace ended.
async fn end_trace(
    State(app): State<App>,
    Project(project): Project,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (bytes, text) = text(&app, request).await?;
    let id = existing(&app, &project, &id).await?;
    let record = retrace::read_end(&text, id).map_err(refused)?;
    store(&app, project, vec![record], bytes).await?;
    Ok(api::json(StatusCode::OK, &json!({"id": id})))
}

async fn mark_golden(
    State(app): State<App>,
    Project(project): Project,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (bytes, text) = text(&app, request).await?;
    let golden: Golden = serde_json::from_str(&text).map_err(|_| {
        let reason = "body must be an object {\"golden\": true or false}".to_owned();
        ApiError::new(StatusCode::BAD_REQUEST, reason)
    })?;
    let id = existing(&app, &project, &id).await?;
    store(&app, project, vec![golden.record(id)], bytes).await?;
    let answer = json!({"id": id, "golden": golden.golden});
    Ok(api::json(StatusCode::OK, &answer))
}

async fn read_trace(
    State(app): State<App>,
    Project(project): Project,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let tree = app.store.get(project, id.clone()).await?;
    let tree = tree.ok_or_else(|| missing(&id))?;
    in_background(move || {
        let mut spans = tree.spans.into_iter().map(crate::view::complete);
        let root = spans.next().ok_or_else(ApiError::internal)?;
        let view = TraceView::of(root).with_spans(spans);
        Ok(api::json(StatusCode::OK, &view))
    })
    .await
}

async fn forget(
    State(app): State<App>,
    Project(project): Project,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let key = id.parse().unwrap_or_else(|_| foreign_id(&id, &project));
    if app.store.forget(project, key).await? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(missing(&id))
    }
}

async fn list(
    State(app): State<App>,
    Project(project): Project,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    let Asked {
        limit,
        offset,
        status,
    } = Asked::read(&query).map_err(|reason| ApiError::new(StatusCode::BAD_REQUEST, reason))?;
    let mut filter = Filter {
        limit: MAX_LIMIT,
        status,
        ..Filter::default()
    };
    let (mut passed, mut traces) = (0, Vec::new());
    while traces.len() <= limit {
        let page = app.store.list(project.clone(), filter.clone()).await?;
        let skipped = (offset - passed).min(page.rows.len());
        passed += skipped;
        traces.extend(page.rows.into_iter().skip(skipped));
        filter.after = page.next;
        if filter.after.is_none() {
            break;
        }
    }
    let has_more = traces.len() > limit;
    let traces = traces.into_iter().take(limit);
    let traces = traces.map(|listed| TraceView::of(crate::view::complete(listed.root)));
    let traces: Vec<TraceView> = traces.collect();
    let answer = json!({"traces": traces, "limit": limit, "offset": offset, "has_more": has_more});
    Ok(api::json(StatusCode::OK, &answer))
}

/// What a list is asked for.
struct Asked {
    limit: usize,
    offset: usize,
    status: Option<Status>,
}

impl Asked {
    fn read(query: &str) -> Result<Asked, String> {
        let mut asked = Asked {
            limit: DEFAULT_LIMIT,
            offset: 0,
            status: None,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let number = value.parse::<usize>().ok();
            match &*name {
                "limit" => {
                    let limit = number.filter(|limit| (1..=MAX_LIMIT).contains(limit));
                    asked.limit = limit.ok_or(format!("limit: a number from 1 to {MAX_LIMIT}"))?;
                }
                "offset" => {
                    let offset = number.filter(|&offset| offset <= MAX_OFFSET);
                    asked.offset = offset.ok_or(format!("offset: a number up to {MAX_OFFSET}"))?;
                }
                "status" => {
                    let status = Status::from_name(&value);
                    let known = "status: one of running, completed, failed".to_owned();
                    asked.status = Some(status.ok_or(known)?);
                }
                // Read where the project is.
                "project" => {}
                _ => return Err("a list takes limit, offset and status".to_owned()),
            }
        }
        Ok(asked)
    }
}

/// A body's size as it came, and its text.
async fn text(app: &App, request: Request) -> Result<(usize, String), ApiError> {
    let (head, body) = request.into_parts();
    let body = body::read(&head.headers, body, app.body_limit).await?;
    let bytes: Bytes = in_background(move || body.unpack()).await?;
    let size = bytes.len();
    let text = String::from_utf8(bytes.into())
        .map_err(|_| ApiError::new(StatusCode::BAD_REQUEST, "body is not UTF-8".to_owned()))?;
    Ok((size, text))
}

async fn is_there(app: &App, project: &str, id: RecordId) -> Result<bool, ApiError> {
    let tree = app.store.get(project.to_owned(), id.to_string()).await?;
    // The store also knows traces by other ids than their records'.
    let top = tree.and_then(|tree| tree.spans.into_iter().next());
    Ok(top.is_some_and(|top| top.record.id == Some(id)))
}

/// The key of a trace that must be there.
async fn existing(app: &App, project: &str, id: &str) -> Result<RecordId, ApiError> {
    let key = id.parse().unwrap_or_else(|_| foreign_id(id, project));
    if is_there(app, project, key).await? {
        Ok(key)
    } else {
        Err(missing(id))
    }
}

fn missing(id: &str) -> ApiError {
    let id: String = id.chars().take(100).collect();
    ApiError::new(StatusCode::NOT_FOUND, format!("there is no trace {id}"))
}

fn refused(error: RecordError) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, error.to_string())
}
