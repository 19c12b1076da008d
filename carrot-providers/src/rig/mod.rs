//! rig: the same provider client comes back, on the same HTTP client.
//!
//! Every provider client of rig sends by a `DynHttpClient`. [`wrap`](crate::wrap) takes the provider
//! client ([`OpenAI`], [`Anthropic`], [`Gemini`], [`Ollama`], [`Cohere`], [`VoyageAi`], [`Copilot`], and
//! with [`OpenAI`] all vendors of its kind), a [`Model`] made of one, or the `DynHttpClient` itself, for
//! whatever else sends by it. The HTTP client below, with its middlewares, stays yours:
//!
//! ```
//! # use carrot_providers as carrot_ai;
//! use rig_core::http_client::DynHttpClient;
//! use rig_core::providers::openai::{OpenAI, OpenAIConfig};
//!
//! # fn ask(mine: DynHttpClient) {
//! let config = OpenAIConfig::new("sk-…");
//! let openai: OpenAI = carrot_ai::wrap(config.clone().connect(mine.clone()));
//! let openai: OpenAI = config.connect(carrot_ai::wrap(mine)); // the same by hand
//! # }
//! ```
//!
//! rig sends nothing until a call or a stream is polled, so the span's parent is the span in which
//! that happens first. Where rig's own `tracing` spans are recorded too, the span is below rig's, and
//! tokens count once.
//!
//! rig needs Rust 1.95.

mod http;
mod call;
mod stream;
mod replay;

use rig_core::Model;
use rig_core::http_client::DynHttpClient;
use rig_core::providers::anthropic::Anthropic;
use rig_core::providers::cohere::Cohere;
use rig_core::providers::copilot::Copilot;
use rig_core::providers::gemini::Gemini;
use rig_core::providers::ollama::Ollama;
use rig_core::providers::openai::OpenAI;
use rig_core::providers::voyageai::VoyageAi;

use crate::{Wrap, WrapOptions};

/// Records what is sent by this client.
impl Wrap for DynHttpClient {
    type Wrapped = DynHttpClient;

    fn wrap(self, options: WrapOptions) -> DynHttpClient {
        DynHttpClient::new(http::TracedHttp::new(self, options))
    }
}

/// Records the calls of this model.
impl<W> Wrap for Model<W> {
    type Wrapped = Model<W>;

    fn wrap(self, options: WrapOptions) -> Model<W> {
        Model::new(self.wire, self.transport.wrap(options))
    }
}

/// A provider client does not show its HTTP client, but every model that it makes does.
macro_rules! wrap_by_a_model {
    ($($client:ident: $model:ident($($argument:expr),*);)*) => {$(
        /// Records every call of this client's models, by the HTTP client that it has.
        impl Wrap for $client {
            type Wrapped = $client;

            fn wrap(self, options: WrapOptions) -> $client {
                let http = self.$model("", $($argument),*).transport;
                self.with_http(http.wrap(options))
            }
        }
    )*};
}

wrap_by_a_model! {
    OpenAI: completion();
    Anthropic: completion();
    Gemini: completion();
    Ollama: completion();
    Cohere: completion();
    Copilot: completion();
    VoyageAi: embedding(None);
}
