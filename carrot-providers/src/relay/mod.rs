//! A base URL on this machine, for every client that has no door of its own.
//!
//! ```
//! # use carrot_providers as carrot_ai;
//! # let server = carrot_providers::scripted::ModelServer::start();
//! # let api = server.origin();
//! let relay = carrot_ai::relay(&api)?; // "https://api.example.com"
//! let base_url = relay.url(); // http://127.0.0.1:<port>/<token>
//!
//! let client = ureq::agent(); // or any other, in any language
//! let request = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]}"#;
//! let mut answer = client.post(format!("{base_url}/v1/chat/completions")).send(request)?;
//! assert!(answer.body_mut().read_to_string()?.contains("You said: Hi"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! Calls through the URL become children of the span that was current where [`relay`] was called, with the recorders,
//! replays and budgets that were in force there; where none was open, each is a root of its own. Ask for a relay
//! where the trace begins, and again for the next one: it costs an entry in a table.
//!
//! Requests and answers pass as they are, piece by piece and in both directions; only the body of a model call
//! is taken in whole before it is sent, up to [`LIMIT`](crate::tap::LIMIT). The upstream is asked not to compress the
//! answer of a model call. What concerns a connection, not the message, is each side's own: `Host`, `Connection`, how the
//! length is said, upgrades. Redirects reach the client, which will then go past the relay. A client that tries again makes a call each
//! time.
//!
//! The relay listens on the loopback interface only and answers nobody who does not know a token. An upstream that
//! cannot be reached is a 502, a refused call a 403, both with a body in the form of the API's own errors.
//! `HTTP_PROXY` and its like are heeded on the way to the upstream; a client that heeds them on the way
//! to the relay needs `NO_PROXY=127.0.0.1`.

mod error;
mod headers;
mod upstream;

mod server;
mod guard;
mod exchange;
mod request;
mod refusal;
mod client;
mod flushed;

use std::fmt;
use std::sync::Arc;

use crate::WrapOptions;

pub use error::RelayError;
use server::{Route, Server};
use upstream::Upstream;

/// Opens a base URL on this machine for the API at `upstream`, a URL as `https://api.example.com/v1`. See [the
/// module](self).
///
/// # Errors
///
/// When `upstream` is no base URL, or this machine gives no port or thread.
pub fn relay(upstream: impl AsRef<str>) -> Result<Relay, RelayError> {
    WrapOptions::default().relay(upstream)
}

impl WrapOptions {
    /// A [`relay`] whose calls are named and tagged like this.
    ///
    /// # Errors
    ///
    /// When `upstream` is no base URL, or this machine gives no port or thread.
    pub fn relay(self, upstream: impl AsRef<str>) -> Result<Relay, RelayError> {
        let route = Route {
            upstream: Upstream::parse(upstream.as_ref())?,
            options: self,
            place: carrot_runtime::carry(),
        };
        let server = Server::running()?;
        let token = server.open(route)?;
        let url = format!("http://{}/{token}", server.address());
        Ok(Relay(Arc::new(Open { url, token, server })))
    }
}

/// A base URL on this machine, open until the last clone of this is dropped. Calls that are under way then come to
/// their end.
#[derive(Clone)]
pub struct Relay(Arc<Open>);

impl Relay {
    /// The base URL, without a slash at its end: `http://127.0.0.1:<port>/<token>`. Clients that append to it as to a
    /// directory, as gemini-rust and ollama-rs do, want the slash.
    pub fn url(&self) -> &str {
        &self.0.url
    }
}

impl fmt::Debug for Relay {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.0.server.address();
        f.debug_struct("Relay").field("address", &address).finish()
    }
}

struct Open {
    url: String,
    token: String,
    server: Arc<Server>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.server.close(&self.token);
    }
}
