//! OpenTelemetry's dialect: `POST /v1/traces`, OTLP over HTTP.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use carrot_wire::otlp::{self, Answer, Encoding, RequestError, Taken};

use super::{body, in_background, store};
use crate::api::ApiError;
use crate::project::Project;
use crate::server::App;

/// Takes spans; they are durable when this answers. What goes wrong is said in the encoding of the request.
pub(crate) async fn ingest(State(app): State<App>, request: Request) -> Response {
    let Some(encoding) = encoding(request.headers()) else {
        let (head, body) = request.into_parts();
        body::refuse(&head.headers, body);
        return unknown_type();
    };
    let mut response = match take(app, encoding, request).await {
        Ok(taken) => {
            let answer = Answer::Taken {
                rejected: taken.rejected,
                message: taken.reason.unwrap_or_default(),
            };
            respond(StatusCode::OK, encoding, &answer)
        }
        Err(error) => {
            let answer = Answer::Failed {
                code: code(error.status()),
                message: error.message(),
            };
            let body = respond(error.status(), encoding, &answer);
            error.with_body(body)
        }
    };
    let encodings = HeaderValue::from_static(body::ENCODINGS);
    response.headers_mut().insert(ACCEPT_ENCODING, encodings);
    response
}

async fn take(app: App, encoding: Encoding, request: Request) -> Result<Taken, ApiError> {
    let (mut head, body) = request.into_parts();
    let Project(project) = Project::from_request_parts(&mut head, &app).await?;
    let body = body::read(&head.headers, body, app.body_limit).await?;
    let read = move || {
        let body = body.unpack()?;
        let taken = otlp::read(encoding, &body).map_err(refused)?;
        Ok::<_, ApiError>((taken, body.len()))
    };
    let (mut taken, bytes) = in_background(read).await?;
    let records = std::mem::take(&mut taken.records);
    store(&app, project, records, bytes).await?;
    Ok(taken)
}

fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    Encoding::of(headers.get(CONTENT_TYPE)?.to_str().ok()?)
}

fn refused(error: RequestError) -> ApiError {
    let status = match error {
        RequestError::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
        RequestError::NoProtobuf | RequestError::NoJson => StatusCode::BAD_REQUEST,
    };
    ApiError::new(status, error.to_string())
}

fn unknown_type() -> Response {
    let [protobuf, json] = [Encoding::Protobuf, Encoding::Json].map(Encoding::content_type);
    let message = format!("Content-Type: {protobuf} or {json} is taken here");
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).into_response()
}

/// The code of gRPC that says the same as a status of HTTP.
fn code(status: StatusCode) -> u8 {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => 8,
        StatusCode::SERVICE_UNAVAILABLE => 14,
        status if status.is_server_error() => 13,
        _ => 3,
    }
}

fn respond(status: StatusCode, encoding: Encoding, answer: &Answer<'_>) -> Response {
    let headers = [(CONTENT_TYPE, encoding.content_type())];
    (status, headers, answer.encode(encoding)).into_response()
}
