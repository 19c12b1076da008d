//! reqwest-middleware, and any client that sends by it.
//!
//! [`wrap`](crate::wrap) takes a `ClientWithMiddleware` and gives one back, with its middlewares and
//! initialisers as they were. It takes a bare `reqwest::Client` too, and makes a
//! `ClientWithMiddleware` of it. A client that is being built takes [`middleware`]:
//!
//! ```
//! # use carrot_providers as carrot_ai;
//! # carrot_providers::tls::install_ring();
//! let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
//!     // .with(RetryTransientMiddleware::new_with_policy(…))
//!     .with(carrot_ai::reqwest_middleware::middleware(carrot_ai::wrapper()))
//!     .build();
//! ```
//!
//! **Put it last**, below retries, authentication and caches; `wrap` does so. There it sees what is
//! really sent. A call that is retried is one span all the same, with its `attempts` and what became
//! of them in the metadata: the attempts of a call share the request's `Extensions`, and so they find
//! each other. Above a retry middleware it is one span as well, but one that sees only the last
//! answer, and no attempts. A middleware that gives each attempt new `Extensions`, or sends two at once,
//! makes each of them a span of its own: each is paid for.

mod errors;
mod replay;
mod slot;

mod body;
mod middleware;

use ::reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use crate::{Wrap, WrapOptions};

pub use middleware::TraceMiddleware;

/// Records the model calls that pass it. See [the module](self) for its place among others.
pub fn middleware(options: WrapOptions) -> TraceMiddleware {
    TraceMiddleware::new(options)
}

/// Adds [`middleware`] below the client's own ones.
impl Wrap for ClientWithMiddleware {
    type Wrapped = ClientWithMiddleware;

    fn wrap(self, options: WrapOptions) -> ClientWithMiddleware {
        ClientBuilder::from_client(self)
            .with(middleware(options))
            .build()
    }
}

/// Gives the client [`middleware`] as its only one.
impl Wrap for reqwest::Client {
    type Wrapped = ClientWithMiddleware;

    fn wrap(self, options: WrapOptions) -> ClientWithMiddleware {
        ClientWithMiddleware::from(self).wrap(options)
    }
}
