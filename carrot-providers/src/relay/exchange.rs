use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use carrot_wire::llm::{Dialect, Endpoint};
use http::header::ACCEPT_ENCODING;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use reqwest::Client;

use super::flushed::Flushed;
use super::guard::admitted;
use super::headers::{drop_hops, drop_hops_of_request};
use super::refusal::refusal;
use super::request::Outgoing;
use super::server::Table;
use crate::reqwest::{described, transport};
use crate::tap::{Asked, Call, Door, TapBody};

/// One request and its answer. When the client leaves, this is dropped, and with it the upstream's connection
/// and the call, which then counts as cancelled.
pub(super) async fn relayed(
    request: Request<Incoming>,
    table: Arc<Table>,
    client: Arc<Result<Client, String>>,
) -> Result<Response<Flushed>, Infallible> {
    Ok(match answered(request, &table, &client).await {
        Ok(answer) => answer,
        Err(refused) => boxed(refusal(
            refused.dialect,
            refused.status,
            refused.kind,
            &refused.message,
        )),
    })
}

/// What the relay answers by itself.
struct Refused {
    dialect: Option<Dialect>,
    status: StatusCode,
    kind: &'static str,
    message: String,
}

async fn answered(
    request: Request<Incoming>,
    table: &Table,
    client: &Result<Client, String>,
) -> Result<Response<Flushed>, Refused> {
    let mut dialect = None;
    let refuse = |dialect, status, kind, message: &str| Refused {
        dialect,
        status,
        kind,
        message: message.to_owned(),
    };
    let (route, rest) = admitted(&request, table)
        .map_err(|(status, message)| refuse(dialect, status, "carrot_relay", message))?;
    let Some(target) = route.upstream.target(rest) else {
        let message = "the path does not lead to the relay's upstream";
        return Err(refuse(
            dialect,
            StatusCode::BAD_REQUEST,
            "carrot_relay",
            message,
        ));
    };
    let url = target.0;

    let (mut head, body) = request.into_parts();
    drop_hops_of_request(&mut head.headers);
    let endpoint = Endpoint::find(head.method.as_str(), url.path());
    dialect = endpoint.map(Endpoint::dialect);
    let body = Outgoing::of(body, &head.method, endpoint.is_some())
        .await
        .map_err(|_| {
            let message = "the request broke off before its end";
            refuse(dialect, StatusCode::BAD_REQUEST, "carrot_relay", message)
        })?;

    let asked = Asked {
        method: head.method.as_str(),
        url: url.as_str(),
        host: url.host_str().unwrap_or_default(),
        path: url.path(),
        headers: &head.headers,
    };
    let begin = || Call::begin(&route.options, &asked, || body.seen());
    let mut call = match route.place.run(begin) {
        Door::Pass => None,
        Door::Send(call) => Some(call),
        Door::Answer(answer) => return Ok(passed(answer.into_response())),
        Door::Refuse(refused) => {
            let kind = match refused.kind() {
                "budget" => "carrot_budget",
                _ => "carrot_recording",
            };
            return Err(refuse(
                dialect,
                StatusCode::FORBIDDEN,
                kind,
                &refused.to_string(),
            ));
        }
    };

    if call.is_some() && head.headers.contains_key(ACCEPT_ENCODING) {
        let identity = HeaderValue::from_static("identity");
        head.headers.insert(ACCEPT_ENCODING, identity);
    }
    let sent = match client {
        Ok(client) => {
            let mut request = client.request(head.method, url).headers(head.headers);
            if let Some(body) = body.into_body() {
                request = request.body(body);
            }
            if let Some(call) = &mut call {
                call.attempt();
            }
            request
                .send()
                .await
                .map_err(|error| described(&error, None))
        }
        Err(words) => Err(("client", words.clone())),
    };
    match (sent, call) {
        (Ok(response), Some(mut call)) => {
            call.answered(response.status().as_u16(), response.headers());
            let response = Response::<reqwest::Body>::from(response);
            Ok(passed(
                response.map(|body| TapBody::new(body, call, transport)),
            ))
        }
        (Ok(response), None) => Ok(passed(Response::<reqwest::Body>::from(response))),
        (Err((kind, words)), call) => {
            if let Some(call) = call {
                call.failed(kind, &words);
            }
            let message = format!(
                "Carrot's relay got no answer from {}: {words}",
                route.upstream.origin
            );
            Err(refuse(
                dialect,
                StatusCode::BAD_GATEWAY,
                "carrot_relay_upstream",
                &message,
            ))
        }
    }
}

/// An upstream's answer as it is passed on.
fn passed<B>(mut response: Response<B>) -> Response<Flushed>
where
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    drop_hops(response.headers_mut());
    // However it came, it goes on over HTTP/1.1.
    *response.version_mut() = http::Version::HTTP_11;
    boxed(response)
}

fn boxed<B>(response: Response<B>) -> Response<Flushed>
where
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    response.map(Flushed::new)
}
