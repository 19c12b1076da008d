//! anthropic-ai-sdk: a [`Traced<AnthropicClient>`](Traced) comes back.
//!
//! The client's calls are methods of its trait `MessageClient`, which [`Traced`] implements too: call
//! sites stay as they are, with the same parameters, answers, errors and events. Requests go out by
//! the client's own `reqwest::Client`, to its own base URL and with its own key; nothing lies between.
//!
//! ```no_run
//! # use carrot_providers as carrot_ai;
//! use ::anthropic_ai_sdk::client::AnthropicClient;
//! use ::anthropic_ai_sdk::types::message::{
//!     CreateMessageParams, Message, MessageClient, MessageError, RequiredMessageParams, Role,
//! };
//!
//! # async fn ask() -> Result<(), MessageError> {
//! let client = AnthropicClient::new::<MessageError>("sk-ant-…", "2023-06-01")?;
//! let client = carrot_ai::wrap(client);
//! let question = CreateMessageParams::new(RequiredMessageParams {
//!     model: "claude-sonnet-4-5".to_owned(),
//!     messages: vec![Message::new_text(Role::User, "Hello")],
//!     max_tokens: 100,
//! });
//! let answer = client.create_message(Some(&question)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! `create_message` and `create_message_streaming` are recorded. Counting tokens, batches, files and
//! models are the client's own methods. A call that a budget or a recording refuses is a
//! `MessageError::RequestFailed`.

mod messages;

use ::anthropic_ai_sdk::client::AnthropicClient;

use crate::{Shadow, Traced, Wrap, WrapOptions};

impl Shadow for AnthropicClient {
    type Known = ();
}

impl Wrap for AnthropicClient {
    type Wrapped = Traced<AnthropicClient>;

    fn wrap(self, options: WrapOptions) -> Traced<AnthropicClient> {
        Traced {
            client: self,
            options,
            known: (),
        }
    }
}
