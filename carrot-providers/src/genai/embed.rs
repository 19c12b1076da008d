use ::genai::embed::{EmbedOptions, EmbedRequest, EmbedResponse};
use ::genai::{Client, ModelSpec, Result};

use super::chat::{answered, answered_raw};
use super::replayed::{Replayed, refused};
use super::target::{Service, Target};
use super::{errors, request, said};
use crate::Traced;
use crate::tap::Door;

impl Traced<Client> {
    /// As `Client::embed`, recorded.
    pub async fn embed(
        &self,
        model: impl Into<ModelSpec>,
        input: impl Into<String>,
        options: Option<&EmbedOptions>,
    ) -> Result<EmbedResponse> {
        self.exec_embed(model, EmbedRequest::new(input), options)
            .await
    }

    /// As `Client::embed_batch`, recorded.
    pub async fn embed_batch(
        &self,
        model: impl Into<ModelSpec>,
        inputs: Vec<String>,
        options: Option<&EmbedOptions>,
    ) -> Result<EmbedResponse> {
        self.exec_embed(model, EmbedRequest::new_batch(inputs), options)
            .await
    }

    /// As `Client::exec_embed`, recorded.
    pub async fn exec_embed(
        &self,
        model: impl Into<ModelSpec>,
        embed_req: EmbedRequest,
        options: Option<&EmbedOptions>,
    ) -> Result<EmbedResponse> {
        let model = model.into();
        let Some(target) = Target::of(self, &model, Service::Embed).await else {
            return self.client.exec_embed(model, embed_req, options).await;
        };
        let door = super::begin(&self.options, &target, || {
            request::embed_later(&target, &embed_req, options)
        });
        let mut call = match door {
            Door::Send(call) => call,
            Door::Pass => return self.client.exec_embed(model, embed_req, options).await,
            Door::Refuse(reason) => return Err(refused(reason.to_string())),
            Door::Answer(answer) => {
                let replayed = Replayed::of(&self.client, &target, answer).await?;
                let call = |model| self.client.exec_embed(model, embed_req, options);
                return replayed.call(call).await;
            }
        };
        call.attempt();
        let with_body = self.known.embed_with_body(options);
        let with_body = with_body.filter(|_| target.is_raw);
        let options = with_body.as_ref().map(|it| &it.options).or(options);
        let mut result = self.client.exec_embed(model, embed_req, options).await;
        match &mut result {
            Err(error) => errors::end(call, error),
            Ok(response) => match with_body {
                None => answered(call, said::embeddings(response)),
                Some(with_body) => {
                    answered_raw(call, &mut response.captured_raw_body, with_body.wanted);
                }
            },
        }
        result
    }
}
