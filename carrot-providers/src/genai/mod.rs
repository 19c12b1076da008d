//! genai: a [`Traced<genai::Client>`](Traced) comes back.
//!
//! `exec_chat`, `exec_chat_stream`, `embed`, `embed_batch` and `exec_embed` are here under the same names
//! and take and give genai's own types, its `ChatStream` among them; all else is the client's own.
//!
//! ```no_run
//! # use carrot_providers as carrot_ai;
//! use genai::chat::{ChatMessage, ChatRequest};
//!
//! # async fn ask() -> genai::Result<()> {
//! let client = carrot_ai::wrap(genai::Client::new()?);
//! let request = ChatRequest::new(vec![ChatMessage::user("Why is the sky blue?")]);
//! let answer = client.exec_chat("gpt-4o-mini", request, None).await?;
//! # Ok(())
//! # }
//! ```
//!
//! genai has no door for HTTP, and nothing lies between it and the provider here either. Answers are
//! the provider's own: bodies by `capture_raw_body`, streams frame by frame by `raw_frame_sink` (yours is
//! called too), errors with their status and headers. The request is told in OpenAI's form from genai's
//! `ChatRequest`, since the one that was sent does not show, and neither do the headers of an answer that
//! is no error. What speaks a dialect that Carrot does not read (Cohere, Bedrock) is told from genai's
//! own types, streams only as far as you let genai capture them.
//!
//! To know provider and model before a call, the client is asked to resolve its target, so resolvers of
//! yours run once more for each recorded call.
//!
//! A call that is answered from a recording reaches the client by a loopback port, where its own request
//! is answered with the recorded bytes. That needs a provider whose dialect Carrot reads, and a
//! service target resolver that leaves a target with `AuthData::RequestOverride` as it is. A call that a
//! budget or a recording refuses is an `Error::Internal`.
//!
//! # Clients with defaults
//!
//! A client does not show its default `ChatOptions` and `EmbedOptions`, which options of a call replace
//! in part. If yours has such, wrap its configuration, and a client comes back:
//!
//! ```no_run
//! # use carrot_providers as carrot_ai;
//! use genai::chat::ChatOptions;
//!
//! # fn client() -> genai::Result<()> {
//! let options = ChatOptions::default().with_stop_sequences(vec!["END".to_owned()]);
//! let config = genai::ClientConfig::default().with_chat_options(options);
//! let client = carrot_ai::wrap(config)?;
//! # Ok(())
//! # }
//! ```
//!
//! [`with_http`] takes the `reqwest::Client` to send by as well. A client that is wrapped as it is, with
//! default stop sequences or a default frame sink, keeps them: its calls are then told from genai's own
//! types where they need no options of ours, and Carrot warns once.

mod chat;
mod embed;
mod errors;
mod frames;
mod known;
mod loopback;
mod replayed;
mod request;
mod said;
mod size;
mod target;

use ::genai::{Client, ClientConfig};
use http::HeaderMap;

use crate::tap::{Asked, Call, Door, Later};
use crate::{Shadow, Traced, Wrap, WrapOptions};

use known::Known;
use target::Target;

impl Shadow for Client {
    type Known = Known;
}

/// Wraps a client as it is. See [the module](self) for clients with default options.
impl Wrap for Client {
    type Wrapped = Traced<Client>;

    fn wrap(self, options: WrapOptions) -> Traced<Client> {
        Traced {
            known: Known::of_client(&self),
            client: self,
            options,
        }
    }
}

/// Builds a client of this configuration, wrapped.
impl Wrap for ClientConfig {
    type Wrapped = ::genai::Result<Traced<Client>>;

    fn wrap(self, options: WrapOptions) -> ::genai::Result<Traced<Client>> {
        let known = Known::of_config(&self);
        let client = Client::builder().with_config(self).build()?;
        Ok(Traced {
            client,
            options,
            known,
        })
    }
}

/// Builds a wrapped client that sends by `http`.
pub fn with_http(
    config: ClientConfig,
    http: reqwest::Client,
    options: WrapOptions,
) -> ::genai::Result<Traced<Client>> {
    let known = Known::of_config(&config);
    let client = Client::builder()
        .with_reqwest(http)
        .with_config(config)
        .build()?;
    Ok(Traced {
        client,
        options,
        known,
    })
}

/// Begins a call.
fn begin(options: &WrapOptions, target: &Target, body: impl FnOnce() -> Later) -> Door {
    let asked = Asked {
        method: "POST",
        url: target.url.as_str(),
        host: target.url.host_str().unwrap_or_default(),
        path: target.url.path(),
        headers: &HeaderMap::new(),
    };
    Call::begin_later(options, &asked, body)
}
