//! ureq: an agent comes back.
//!
//! [`wrap`](crate::wrap) gives an agent that hands every request to the one it was given, so that
//! its connector, resolver, connections, cookies, middleware and settings stay in use. Three things are the
//! new agent's own: `cookie_jar_lock` and `shutdown` (call them on a clone of the agent, made before it is
//! wrapped: clones share both), and middleware, which its `config` does not list.
//!
//! For an agent that is still to be built there is the middleware itself, with nothing in between:
//!
//! ```
//! # use carrot_providers as carrot_ai;
//! # let server = carrot_providers::scripted::ModelServer::start();
//! # let url = format!("{}/chat/completions", server.url());
//! let agent = ureq::Agent::config_builder()
//!     .http_status_as_error(false)
//!     .middleware(carrot_ai::ureq::middleware(carrot_ai::wrapper()))
//!     .build()
//!     .new_agent();
//! let request = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]}"#;
//! let answer = agent.post(url).send(request)?.body_mut().read_to_string()?;
//! assert!(answer.contains("You said: Hi"));
//! # Ok::<_, ureq::Error>(())
//! ```
//!
//! The first middleware of a builder is the outermost: put this one before any that retries, so that one call is
//! one span.
//!
//! # What is different
//!
//! - An answer of a recorded call has no [`Body::content_length`](::ureq::Body::content_length); its
//!   header `content-length` is there. ureq sends nothing of such a body if it is given to another request as
//!   it is, so give its `as_reader()` to `SendBody::from_reader` instead.
//! - With `http_status_as_error`, ureq's default, ureq throws the body and headers of an error answer away, so
//!   the span knows its status only. Set it to false to see (and record) what the provider said.
//! - The body of a model call is read into memory before it is sent, since middleware cannot look into it
//!   otherwise. One that comes piecemeal, from a socket say, is sent on as it comes and is not
//!   recorded.
//!
//! ureq leaves retries to its users: each request is a call.

mod answer;
mod errors;
mod middleware;
mod outgoing;

use ::ureq::Agent;
use ::ureq::config::{Config, ConfigBuilder};
use ::ureq::typestate::AgentScope;

use crate::{Wrap, WrapOptions};

pub use middleware::TraceMiddleware;

/// An agent that sends its requests by the given one, recorded. See [the module](self).
impl Wrap for Agent {
    type Wrapped = Agent;

    fn wrap(self, options: WrapOptions) -> Agent {
        same(self.config())
            .middleware(middleware::Through::new(self, options))
            .build()
            .new_agent()
    }
}

/// The middleware for an agent of your own: see [the module](self).
pub fn middleware(options: WrapOptions) -> TraceMiddleware {
    TraceMiddleware::new(options)
}

/// The same settings without the middleware. ureq takes a request's own settings from the agent that
/// was asked, so they must be whole; a config cannot be cloned and then given middleware.
fn same(config: &Config) -> ConfigBuilder<AgentScope> {
    let timeouts = config.timeouts();
    Config::builder()
        .http_status_as_error(config.http_status_as_error())
        .https_only(config.https_only())
        .ip_family(config.ip_family())
        .tls_config(config.tls_config().clone())
        .proxy(config.proxy().cloned())
        .no_delay(config.no_delay())
        .max_redirects(config.max_redirects())
        .max_redirects_will_error(config.max_redirects_will_error())
        .redirect_auth_headers(config.redirect_auth_headers())
        .save_redirect_history(config.save_redirect_history())
        .user_agent(config.user_agent().clone())
        .accept(config.accept().clone())
        .accept_encoding(config.accept_encoding().clone())
        .max_response_header_size(config.max_response_header_size())
        .input_buffer_size(config.input_buffer_size())
        .output_buffer_size(config.output_buffer_size())
        .max_idle_connections(config.max_idle_connections())
        .max_idle_connections_per_host(config.max_idle_connections_per_host())
        .max_idle_age(config.max_idle_age())
        .allow_non_standard_methods(config.allow_non_standard_methods())
        .timeout_global(timeouts.global)
        .timeout_per_call(timeouts.per_call)
        .timeout_per_read(config.timeout_per_read())
        .timeout_per_write(config.timeout_per_write())
        .timeout_resolve(timeouts.resolve)
        .timeout_connect(timeouts.connect)
        .timeout_send_request(timeouts.send_request)
        .timeout_await_100(timeouts.await_100)
        .timeout_send_body(timeouts.send_body)
        .timeout_recv_response(timeouts.recv_response)
        .timeout_recv_body(timeouts.recv_body)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_setting_that_shows_is_kept() {
        let seconds = |count| Some(Duration::from_secs(count));
        let config = Config::builder()
            .http_status_as_error(false)
            .https_only(true)
            .ip_family(::ureq::config::IpFamily::Ipv4Only)
            .proxy(None)
            .no_delay(false)
            .max_redirects(3)
            .max_redirects_will_error(false)
            .save_redirect_history(true)
            .user_agent("mine/1.0")
            .accept("application/json")
            .accept_encoding("identity")
            .max_response_header_size(1_000)
            .input_buffer_size(2_000)
            .output_buffer_size(3_000)
            .max_idle_connections(4)
            .max_idle_connections_per_host(5)
            .max_idle_age(Duration::from_secs(6))
            .allow_non_standard_methods(true)
            .timeout_global(seconds(7))
            .timeout_per_call(seconds(8))
            .timeout_per_read(seconds(9))
            .timeout_per_write(seconds(10))
            .timeout_resolve(seconds(11))
            .timeout_connect(seconds(12))
            .timeout_send_request(seconds(13))
            .timeout_await_100(seconds(14))
            .timeout_send_body(seconds(15))
            .timeout_recv_response(seconds(16))
            .timeout_recv_body(seconds(17))
            .build();
        let copy = same(&config).build();
        assert_eq!(format!("{copy:?}"), format!("{config:?}"));
        // These do not show in the above.
        assert_eq!(
            copy.max_redirects_will_error(),
            config.max_redirects_will_error()
        );
        assert_eq!(
            copy.allow_non_standard_methods(),
            config.allow_non_standard_methods()
        );
        let headers =
            |config: &Config| format!("{:?}", (config.accept(), config.accept_encoding()));
        assert_eq!(headers(&copy), headers(&config));
    }
}
