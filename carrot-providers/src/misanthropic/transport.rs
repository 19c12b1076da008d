use ::misanthropic::client::Error;
use ::misanthropic::model::Models;
use ::misanthropic::{CachedPrompt, Client, Prompt, Transport, response};
use async_trait::async_trait;

use crate::Traced;

#[async_trait]
impl Transport for Traced<Client> {
    type Error = Error;

    async fn send(&self, prompt: &Prompt) -> Result<response::Message, Error> {
        self.message(prompt).await
    }

    async fn models(&self) -> Result<Models, Error> {
        self.client.models().await
    }
}

#[async_trait]
impl Transport<CachedPrompt> for Traced<Client> {
    type Error = Error;

    async fn send(&self, prompt: &CachedPrompt) -> Result<response::Message, Error> {
        self.message(prompt).await
    }

    async fn models(&self) -> Result<Models, Error> {
        self.client.models().await
    }
}
