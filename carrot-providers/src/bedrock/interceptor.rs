use std::time::Instant;

use aws_sdk_bedrockruntime::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_bedrockruntime::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::body::TappedBody;
use super::errors::kind_of;
use super::http_client::{hold_back, is_guarded};
use super::slot::{Slot, State};
use crate::WrapOptions;
use crate::tap::{Asked, Call, Door, in_words, is_written_down};

/// Sees each operation begin, each of its attempts, and its end.
#[derive(Debug)]
pub(super) struct Recorded {
    options: WrapOptions,
}

/// When the operation began, for its timeout.
#[derive(Debug, Clone, Copy)]
struct Began(Instant);

impl Storable for Began {
    type Storer = StoreReplace<Began>;
}

impl Recorded {
    pub(super) fn new(options: WrapOptions) -> Recorded {
        Recorded { options }
    }

    fn begin(&self, request: &HttpRequest) -> Door {
        let (host, path) = parts(request.uri());
        // Nobody else looks at them.
        let headers = match is_written_down() {
            true => headers_of(request.headers()),
            false => HeaderMap::new(),
        };
        let asked = Asked {
            method: request.method(),
            url: request.uri(),
            host,
            path,
            headers: &headers,
        };
        Call::begin(&self.options, &asked, || {
            request.body().bytes().map(Bytes::copy_from_slice)
        })
    }
}

impl Intercept for Recorded {
    fn name(&self) -> &'static str {
        "CarrotRecorded"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(Began(Instant::now()));
        Ok(())
    }

    /// Last before the request is sent: the user's context is still around, and all headers are there.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let slot = match config.load::<Slot>() {
            Some(slot) => slot.clone(),
            None => {
                let began = config.load::<Began>().map(|began| began.0);
                let timeouts = config.load::<TimeoutConfig>();
                let timeout = timeouts.and_then(TimeoutConfig::operation_timeout);
                let deadline = began
                    .zip(timeout)
                    .and_then(|(began, it)| began.checked_add(it));
                let slot = Slot::new(self.begin(context.request()), deadline);
                config.interceptor_state().store_put(slot.clone());
                slot
            }
        };
        let is_held_back = match &mut *slot.lock() {
            State::Passed => false,
            State::Sent(sent) => {
                sent.attempt();
                false
            }
            State::Replayed(_) | State::Refused(_) => true,
        };
        if !is_held_back {
            return Ok(());
        }
        // A `config_override` of the operation may bring an HTTP client that knows nothing of slots, and would send it.
        if components.http_client().is_some_and(|it| is_guarded(&it)) {
            hold_back(context.request_mut(), slot);
            return Ok(());
        }
        Err(slot.refuse().into())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(slot) = config.load::<Slot>() else {
            return Ok(());
        };
        let response = context.response_mut();
        let mut is_sent = false;
        slot.with_sent(|sent| {
            is_sent = true;
            if let Some(call) = &mut sent.call {
                let headers = response.headers();
                let (status, map) = (response.status().as_u16(), || headers_of(headers));
                call.answered_in_texts(status, || headers.iter(), map);
            }
        });
        if is_sent {
            let body = std::mem::replace(response.body_mut(), SdkBody::taken());
            let tapped = TappedBody::new(body, slot.clone());
            *response.body_mut() = SdkBody::from_body_1_x(tapped);
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(slot) = config.load::<Slot>() {
            let error = context.output_or_error().and_then(Result::err);
            let lost = error.filter(|error| !error.is_operation_error());
            slot.with_sent(|sent| sent.attempt_over(lost.map(kind_of)));
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(slot) = config.load::<Slot>() else {
            return Ok(());
        };
        let status = context
            .response()
            .map(|response| response.status().as_u16());
        slot.with_sent(|sent| match context.output_or_error() {
            Some(Ok(_)) => sent.succeeded(),
            // What the server says of it is in the body.
            Some(Err(error)) if error.is_operation_error() && status >= Some(400) => sent.ended(),
            Some(Err(error)) => sent.failed(kind_of(error), &in_words(error)),
            None => {}
        });
        Ok(())
    }
}

/// Host and path of a URL, which the SDK has parsed already.
fn parts(url: &str) -> (&str, &str) {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    let after = after.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    match authority.rsplit_once(':') {
        Some((host, port)) if is_port(port) => (host, path),
        _ => (authority, path),
    }
}

fn headers_of(headers: &Headers) -> HeaderMap {
    let pairs = headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::try_from(name).ok()?;
        Some((name, HeaderValue::try_from(value).ok()?))
    });
    // Extended by pairs it would keep the last value of each name only.
    let mut map = HeaderMap::with_capacity(headers.len());
    pairs.for_each(|(name, value)| {
        map.append(name, value);
    });
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_a_path() {
        for (url, expected) in [
            (
                "https://bedrock.aws/model/a:0/converse?x=/",
                ("bedrock.aws", "/model/a:0/converse"),
            ),
            ("http://localhost:8000/model", ("localhost", "/model")),
            ("http://[::1]:8000/model#f", ("[::1]", "/model")),
            ("http://[::1]/", ("[::1]", "/")),
            ("http://host", ("host", "")),
        ] {
            assert_eq!(parts(url), expected, "{url}");
        }
    }
}
