//! What of an agent stays in use.

use std::net::SocketAddr;
use std::time::Duration;

use carrot_providers::scripted::ModelServer;
use ureq::config::Config;
use ureq::http::{Request, Response, Uri};
use ureq::middleware::MiddlewareNext;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Error, SendBody};

use crate::support::{answer, chat, config, output, recorded};

/// Knows one server only, by any name.
#[derive(Debug)]
struct Always(SocketAddr);

impl Resolver for Always {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut found = self.empty();
        found.push(self.0);
        Ok(found)
    }
}

fn named(
    request: Request<SendBody<'_>>,
    next: MiddlewareNext<'_>,
) -> Result<Response<Body>, Error> {
    let mut request = request;
    request
        .headers_mut()
        .insert("x-mine", "yes".parse().unwrap());
    next.handle(request)
}

#[test]
fn resolver_middleware_and_settings_do() {
    let server = ModelServer::start();
    let address = server.url();
    let address = address
        .trim_start_matches("http://")
        .trim_end_matches("/v1");
    let config = config().middleware(named).user_agent("mine/1.0").build();
    let resolver = Always(address.parse().unwrap());
    let agent = carrot_providers::wrap(Agent::with_parts(
        config,
        DefaultConnector::default(),
        resolver,
    ));
    let (seen, records) = recorded(|| answer(&agent, "http://models.test/v1", &chat("Hi")));
    assert_eq!(seen.unwrap().status, 200);
    assert_eq!(output(&records[0])["message"]["content"], "You said: Hi");
    let request = server.requests().pop().unwrap();
    assert_eq!(request.header("x-mine"), Some("yes"));
    assert_eq!(request.header("user-agent"), Some("mine/1.0"));
    assert_eq!(request.header("host"), Some("models.test"));
}

#[test]
fn settings_of_a_request_hold() {
    let slow = carrot_providers::scripted::Reply::text("late").delay(Duration::from_secs(20));
    let server = ModelServer::builder()
        .on(carrot_providers::scripted::When::any(), slow)
        .start();
    let agent = carrot_providers::wrap(config().user_agent("mine/1.0").build().new_agent());
    let request = agent
        .post(format!("{}/chat/completions", server.url()))
        .config();
    let request = request
        .timeout_global(Some(Duration::from_millis(50)))
        .build();
    let (answer, records) = recorded(|| request.send_json(chat("Hi")));
    assert!(matches!(answer, Err(Error::Timeout(_))), "{answer:?}");
    assert_eq!(records[0].error.as_ref().unwrap().kind, "timeout");
    let request = server.requests().pop().unwrap();
    assert_eq!(request.header("user-agent"), Some("mine/1.0"));
}

#[test]
fn the_middleware_alone_records_as_well() {
    let server = ModelServer::start();
    let options = carrot_providers::wrapper().name("bot");
    let agent = config()
        .middleware(carrot_providers::ureq::middleware(options))
        .middleware(named)
        .build()
        .new_agent();
    let (seen, records) = recorded(|| answer(&agent, &server.url(), &chat("Hi")));
    assert_eq!(seen.unwrap().status, 200);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].name.as_deref(), Some("bot"));
    assert_eq!(server.requests()[0].header("x-mine"), Some("yes"));
}
