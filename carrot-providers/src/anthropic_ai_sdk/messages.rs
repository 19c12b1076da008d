use ::anthropic_ai_sdk::client::AnthropicClient;
use ::anthropic_ai_sdk::types::message::{
    CountMessageTokensParams, CountMessageTokensResponse, CreateMessageParams,
    CreateMessageResponse, MessageClient, MessageError, StreamEvent,
};
use async_trait::async_trait;
use eventsource_stream::{Event, EventStreamError, Eventsource};
use futures_util::{Stream, StreamExt};
use reqwest_0_12::{RequestBuilder, Response};

use crate::Traced;
use crate::reqwest_012::{Unanswered, send};

/// The client's own calls with a look at what passes; errors are worded as the client words them.
#[async_trait]
impl MessageClient for Traced<AnthropicClient> {
    async fn create_message<'a>(
        &'a self,
        params: Option<&'a CreateMessageParams>,
    ) -> Result<CreateMessageResponse, MessageError> {
        let mut request = self.post_messages();
        if let Some(params) = params {
            request = request.json(params);
        }
        let response = self.sent(request, MessageError::ApiError).await?;
        let is_success = response.status().is_success();
        let body = response.text().await.map_err(|error| {
            MessageError::ApiError(format!("Failed to get response body: {error}"))
        })?;
        if !is_success {
            return Err(MessageError::ApiError(body));
        }
        serde_json::from_str(&body).map_err(|error| {
            MessageError::ApiError(format!(
                "JSON parsing error: {error}. Response body: {body}"
            ))
        })
    }

    async fn count_tokens<'a>(
        &'a self,
        params: Option<&'a CountMessageTokensParams>,
    ) -> Result<CountMessageTokensResponse, MessageError> {
        self.client.count_tokens(params).await
    }

    async fn create_message_streaming<'a>(
        &'a self,
        body: &'a CreateMessageParams,
    ) -> Result<impl Stream<Item = Result<StreamEvent, MessageError>> + 'a, MessageError> {
        if body.stream != Some(true) {
            let words = "Stream parameter must be set to true for streaming";
            return Err(MessageError::ApiError(words.to_owned()));
        }
        let request = self.post_messages().json(body);
        let response = self.sent(request, MessageError::RequestFailed).await?;
        if !response.status().is_success() {
            let body = response.text().await.map_err(|error| {
                MessageError::RequestFailed(format!("Failed to read error response: {error}"))
            })?;
            return Err(MessageError::ApiError(body));
        }
        Ok(response.bytes_stream().eventsource().map(event))
    }
}

impl Traced<AnthropicClient> {
    fn post_messages(&self) -> RequestBuilder {
        self.get_client()
            .post(format!("{}/messages", self.get_api_base_url()))
            .header("x-api-key", self.get_api_key())
            .header("anthropic-version", self.get_api_version())
    }

    async fn sent(
        &self,
        request: RequestBuilder,
        failed: fn(String) -> MessageError,
    ) -> Result<Response, MessageError> {
        let response = send(&self.options, request).await;
        response.map_err(|error| match error {
            Unanswered::Refused(refused) => MessageError::RequestFailed(refused.to_string()),
            Unanswered::Failed(error) => failed(error.to_string()),
        })
    }
}

fn event(
    event: Result<Event, EventStreamError<reqwest_0_12::Error>>,
) -> Result<StreamEvent, MessageError> {
    let event = event.map_err(|error| MessageError::RequestFailed(error.to_string()))?;
    serde_json::from_str(&event.data).map_err(|error| {
        MessageError::ApiError(format!(
            "Failed to parse SSE event: {error}. Event data: {}",
            event.data
        ))
    })
}
