use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::async_openai::error::OpenAIError;
use ::async_openai::middleware::retry::OpenAIRetryLayer;
use ::async_openai::middleware::{HttpRequestFactory, ReqwestService};
use reqwest::Response;
use reqwest::header::HeaderMap;
use tower::{Layer, Service};

use super::errors::{Failure, described, kind_of};
use super::slot::{Slot, State};
use crate::WrapOptions;
use crate::reqwest::{replayed, tapped};

type Answer<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

/// Records the calls that pass a tower stack of async-openai. See [`layer`](super::layer).
#[derive(Debug, Clone)]
pub struct TraceLayer {
    options: WrapOptions,
}

impl TraceLayer {
    pub(super) fn new(options: WrapOptions) -> TraceLayer {
        TraceLayer { options }
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = TraceService<S>;

    fn layer(&self, inner: S) -> TraceService<S> {
        TraceService {
            inner,
            options: self.options.clone(),
        }
    }
}

/// The service that [`TraceLayer`] makes.
#[derive(Debug, Clone)]
pub struct TraceService<S> {
    inner: S,
    options: WrapOptions,
}

impl<S> Service<HttpRequestFactory> for TraceService<S>
where
    S: Service<HttpRequestFactory, Response = Response>,
    S::Future: Send + 'static,
    S::Error: Display + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Answer<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let slot = Slot::new(self.options.clone());
        let answer = self.inner.call(slot.tapped(factory));
        Box::pin(settled(slot, answer))
    }
}

/// The default stack, recorded: the call outside of the retry layer, the attempts inside.
#[derive(Debug, Clone)]
pub(super) struct Direct {
    http: ReqwestService,
    options: WrapOptions,
}

impl Direct {
    pub(super) fn new(http: reqwest::Client, options: WrapOptions) -> Direct {
        Direct {
            http: ReqwestService::new(http),
            options,
        }
    }
}

impl Service<HttpRequestFactory> for Direct {
    type Response = Response;
    type Error = OpenAIError;
    type Future = Answer<OpenAIError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        self.http.poll_ready(cx)
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let slot = Slot::new(self.options.clone());
        let attempt = Attempt {
            http: self.http.clone(),
            slot: slot.clone(),
        };
        let answer = OpenAIRetryLayer::default()
            .layer(attempt)
            .call(slot.tapped(factory));
        Box::pin(settled(slot, answer))
    }
}

/// One attempt of a call. It tells the call what the retry layer keeps to itself.
#[derive(Clone)]
struct Attempt {
    http: ReqwestService,
    slot: Slot,
}

impl Service<HttpRequestFactory> for Attempt {
    type Response = Response;
    type Error = OpenAIError;
    type Future = Answer<OpenAIError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        self.http.poll_ready(cx)
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let slot = self.slot.clone();
        let answer = self.http.call(factory);
        Box::pin(async move {
            let answer = answer.await;
            slot.tell(|call| match &answer {
                Ok(response) => call.answered(response.status().as_u16(), response.headers()),
                Err(error) => call.attempt_failed(kind_of(error)),
            });
            answer
        })
    }
}

/// Waits for the answer and hands the call over to its body.
async fn settled<E: Display + 'static>(
    slot: Slot,
    answer: impl Future<Output = Result<Response, E>>,
) -> Result<Response, E> {
    let answer = answer.await;
    let mut call = match slot.take() {
        State::Open(call) => call,
        State::Answered(answered) => {
            let (answer, url) = *answered;
            return Ok(replayed(answer, url));
        }
        State::New(..) | State::Refused(_) | State::Passed => return answer,
    };
    match answer {
        Ok(response) => Ok(tapped(response, call)),
        Err(error) => {
            match described(&error) {
                // The retry layer has consumed the answer, and kept what it says.
                Failure::Answered(status, body) => {
                    if !call.is_answered() {
                        call.answered(status, &HeaderMap::new());
                    }
                    call.piece(&body);
                    call.ended();
                }
                Failure::Broken(kind, message) => call.failed(kind, &message),
            }
            Err(error)
        }
    }
}
