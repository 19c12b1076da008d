use ::misanthropic::client::{Error, Result};
use ::misanthropic::{Client, Response, Stream, response};
use eventsource_stream::Eventsource;
use reqwest_0_12::{IntoUrl, Method, StatusCode};
use serde::Serialize;
use serde_json::Value;

use super::errors;
use crate::Traced;
use crate::reqwest_012::{Unanswered, as_error, send};

impl Traced<Client> {
    /// As `Client::post_raw`, recorded if `url` is one of a model.
    pub async fn post_raw<U: IntoUrl, B: Serialize>(
        &self,
        url: U,
        body: B,
    ) -> reqwest_0_12::Result<reqwest_0_12::Response> {
        let url = url.into_url()?;
        let request = self.request_raw(Method::POST, url).json(&body);
        match send(&self.options, request).await {
            Ok(response) => Ok(response),
            Err(Unanswered::Failed(error)) => Err(error),
            Err(Unanswered::Refused(refused)) => Err(as_error(refused).await),
        }
    }

    /// As `Client::post`, recorded if `url` is one of a model.
    pub async fn post<U: IntoUrl, B: Serialize>(
        &self,
        url: U,
        body: B,
    ) -> Result<reqwest_0_12::Response> {
        let url = url.into_url()?;
        let request = self.request_raw(Method::POST, url).json(&body);
        let response = match send(&self.options, request).await {
            Ok(response) if response.status() == StatusCode::OK => return Ok(response),
            Ok(response) => response,
            Err(Unanswered::Failed(error)) => return Err(error.into()),
            Err(Unanswered::Refused(refused)) => return Err(errors::of_refusal(&refused)),
        };
        let (status, retry_after) = (response.status(), errors::retry_after(response.headers()));
        let body = response.text().await?;
        Err(errors::of_answer(status.as_u16(), retry_after, &body))
    }

    /// As `Client::request`, recorded.
    pub async fn request<P: Serialize>(&self, prompt: P) -> Result<Response> {
        self.request_custom(prompt, self.messages_url.as_str())
            .await
    }

    /// As `Client::request_custom`, recorded.
    pub async fn request_custom<P: Serialize, U: IntoUrl>(
        &self,
        prompt: P,
        url: U,
    ) -> Result<Response> {
        let prompt = serde_json::to_value(prompt)?;
        let is_stream = prompt["stream"] == true;
        let response = self.post(url, prompt).await?;
        if is_stream {
            let stream = Stream::new(response.bytes_stream().eventsource());
            return Ok(Response::Stream { stream });
        }
        let message = serde_json::from_slice(&response.bytes().await?)?;
        Ok(Response::Message { message })
    }

    /// As `Client::message`, recorded.
    pub async fn message<P: Serialize>(&self, prompt: P) -> Result<response::Message> {
        match self.request(streamed(prompt, false)?).await? {
            Response::Message { message } => Ok(message),
            Response::Stream { .. } => Err(Error::UnexpectedResponse {
                message: "Expected a message, got a stream.",
            }),
        }
    }

    /// As `Client::stream`, recorded.
    pub async fn stream<P: Serialize>(&self, prompt: P) -> Result<Stream> {
        match self.request(streamed(prompt, true)?).await? {
            Response::Stream { stream } => Ok(stream),
            Response::Message { .. } => Err(Error::UnexpectedResponse {
                message: "Expected a stream, got a message.",
            }),
        }
    }
}

fn streamed<P: Serialize>(prompt: P, is_stream: bool) -> Result<Value> {
    let mut prompt = serde_json::to_value(prompt)?;
    if let Some(prompt) = prompt.as_object_mut() {
        prompt.insert("stream".to_owned(), is_stream.into());
    }
    Ok(prompt)
}
