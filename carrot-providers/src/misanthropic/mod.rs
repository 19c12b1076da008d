//! misanthropic: a [`Traced<Client>`](Traced) comes back.
//!
//! `message`, `stream`, `request`, `request_custom`, `post` and `post_raw` are here under the same
//! names with the same types, `misanthropic::Stream` among them, and so is the trait `Transport`, so
//! that a `misanthropic::Chat` runs on the wrapped client. Requests go out by the client's own `inner`
//! HTTP client, with its key and URLs; nothing lies between.
//!
//! ```no_run
//! # use carrot_providers as carrot_ai;
//! # async fn ask() -> Result<(), Box<dyn std::error::Error>> {
//! let client = misanthropic::Client::new("sk-ant-…".to_owned())?.beta("a-flag");
//! let client = carrot_ai::wrap(client);
//! let prompt = misanthropic::Prompt::user("Hello");
//! let answer = client.message(&prompt).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Set the client up before it is wrapped: `beta` and `base_url` take the client itself. Batches,
//! models and token counts are the client's own methods. A call that a budget or a recording refuses is
//! an `Error::Anthropic` of the kind `Unknown`, from `post_raw` a `reqwest::Error` with the reason as its
//! source. The lines that misanthropic writes with its feature `log` are not written for these calls.

mod calls;
mod errors;
mod transport;

use ::misanthropic::Client;

use crate::{Shadow, Traced, Wrap, WrapOptions};

impl Shadow for Client {
    type Known = ();
}

impl Wrap for Client {
    type Wrapped = Traced<Client>;

    fn wrap(self, options: WrapOptions) -> Traced<Client> {
        Traced {
            client: self,
            options,
            known: (),
        }
    }
}
