use std::sync::Arc;

use ::genai::chat::{ChatOptions, ChatRequest, ChatResponse, ChatStreamResponse};
use ::genai::{Client, Error, ModelSpec, Result};
use bytes::Bytes;
use serde_json::Value;

use super::frames::Frames;
use super::replayed::{Replayed, Serving, refused};
use super::target::{Service, Target};
use super::{errors, request, said, size};
use crate::Traced;
use crate::tap::{Call, Door, Later};

/// What genai says in an error in place of a body that was not asked for.
const NO_BODY: &str = "Raw response not captured. Use the ChatOptions.capturre_raw_body flag to see \
                       raw response in this error";

impl Traced<Client> {
    /// As `Client::exec_chat`, recorded.
    pub async fn exec_chat(
        &self,
        model: impl Into<ModelSpec>,
        chat_req: ChatRequest,
        options: Option<&ChatOptions>,
    ) -> Result<ChatResponse> {
        let model = model.into();
        let Some(target) = Target::of(self, &model, Service::Chat).await else {
            return self.client.exec_chat(model, chat_req, options).await;
        };
        let mut call = match self.begin_chat(&target, &chat_req, options, false) {
            Door::Send(call) => call,
            Door::Pass => return self.client.exec_chat(model, chat_req, options).await,
            Door::Refuse(reason) => return Err(refused(reason.to_string())),
            Door::Answer(answer) => {
                let replayed = Replayed::of(&self.client, &target, answer).await?;
                let call = |model| self.client.exec_chat(model, chat_req, options);
                return replayed.call(call).await;
            }
        };
        call.attempt();
        let with_body = self.known.with_body(options).filter(|_| target.is_raw);
        let Some(with_body) = with_body else {
            let result = self.client.exec_chat(model, chat_req, options).await;
            match &result {
                Ok(response) => answered(call, said::chat(response)),
                Err(error) => errors::end(call, error),
            }
            return result;
        };
        let options = Some(&with_body.options);
        let mut result = self.client.exec_chat(model, chat_req, options).await;
        match &mut result {
            Ok(response) => answered_raw(call, &mut response.captured_raw_body, with_body.wanted),
            Err(error) => {
                errors::end(call, error);
                if let Error::ChatResponseGeneration { response_body, .. } = error
                    && !with_body.wanted
                {
                    **response_body = NO_BODY.into();
                }
            }
        }
        result
    }

    /// As `Client::exec_chat_stream`, recorded while the stream is read.
    pub async fn exec_chat_stream(
        &self,
        model: impl Into<ModelSpec>,
        chat_req: ChatRequest,
        options: Option<&ChatOptions>,
    ) -> Result<ChatStreamResponse> {
        let model = model.into();
        let Some(target) = Target::of(self, &model, Service::Stream).await else {
            return self.client.exec_chat_stream(model, chat_req, options).await;
        };
        let mut call = match self.begin_chat(&target, &chat_req, options, true) {
            Door::Send(call) => call,
            Door::Pass => return self.client.exec_chat_stream(model, chat_req, options).await,
            Door::Refuse(reason) => return Err(refused(reason.to_string())),
            Door::Answer(answer) => {
                let replayed = Replayed::of(&self.client, &target, answer).await?;
                return self.replay_stream(replayed, chat_req, options).await;
            }
        };
        call.attempt();
        let Some((mut tapped, theirs)) = self.known.with_sink(options) else {
            call.ended();
            return self.client.exec_chat_stream(model, chat_req, options).await;
        };
        tapped.raw_frame_sink = Some(Arc::new(Frames::new(call, &target, theirs)));
        self.client
            .exec_chat_stream(model, chat_req, Some(&tapped))
            .await
    }

    async fn replay_stream(
        &self,
        replayed: Replayed,
        chat_req: ChatRequest,
        options: Option<&ChatOptions>,
    ) -> Result<ChatStreamResponse> {
        let (model, answer) = replayed.begin();
        let Some((mut tapped, theirs)) = self.known.with_sink(options) else {
            return self.client.exec_chat_stream(model, chat_req, options).await;
        };
        tapped.raw_frame_sink = Some(Arc::new(Serving { answer, theirs }));
        self.client
            .exec_chat_stream(model, chat_req, Some(&tapped))
            .await
    }

    fn begin_chat(
        &self,
        target: &Target,
        chat_req: &ChatRequest,
        options: Option<&ChatOptions>,
        is_stream: bool,
    ) -> Door {
        super::begin(&self.options, target, || {
            let options = [options, self.known.chat()];
            request::chat_later(target, chat_req, options, is_stream)
        })
    }
}

/// Ends a call with a whole answer.
pub(super) fn answered(mut call: Call, body: Bytes) {
    errors::head(&mut call, "application/json");
    call.piece(&body);
    call.ended();
}

/// Ends a call with the answer's body as genai captured it, which is taken away if the user does not want it.
pub(super) fn answered_raw(mut call: Call, body: &mut Option<Value>, is_wanted: bool) {
    errors::head(&mut call, "application/json");
    match body.take_if(|_| !is_wanted) {
        Some(body) => call.whole(Later::new(size::value(&body), move || {
            request::bytes(&body)
        })),
        None => call.piece(&request::bytes(body)),
    }
    call.ended();
}
