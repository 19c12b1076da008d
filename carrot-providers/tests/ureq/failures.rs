//! Calls that fail, and how the user and the span are told.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use carrot_providers::scripted::{Reply, When};
use carrot_wire::Status;
use ureq::http::{Request, Response};
use ureq::middleware::MiddlewareNext;
use ureq::{Body, Error, SendBody};

use crate::support::{Pair, answer, ask, chat, config, output, recorded};

#[test]
fn an_error_status_that_ureq_makes_an_error() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::error(429, "slow down").retry_after(1)));
    let (bare, wrapped, record) = pair.both(|agent, url| match ask(agent, url, &chat("Hi")) {
        Err(Error::StatusCode(status)) => status,
        other => panic!("{other:?}"),
    });
    assert_eq!((bare, wrapped), (429, 429));
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(record.error.unwrap().kind, "http_429");
}

#[test]
fn an_error_status_that_is_an_answer() {
    let script = |it: carrot_providers::scripted::Builder| {
        it.on(When::any(), Reply::error(429, "slow down").retry_after(1))
    };
    let agent = || config().http_status_as_error(false).build().new_agent();
    let pair = Pair::of(agent, script);
    let (bare, wrapped, record) = pair.both(|agent, url| answer(agent, url, &chat("Hi")));
    assert_eq!(wrapped, bare);
    assert_eq!(wrapped.unwrap().status, 429);
    let error = record.error.unwrap();
    assert_eq!(
        (&*error.kind, &*error.message),
        ("rate_limit_error", "slow down")
    );

    // The same, asked for with the request.
    let pair = Pair::new(script);
    let (bare, wrapped, record) = pair.both(|agent, url| {
        let request = agent.post(format!("{url}/chat/completions")).config();
        let request = request.http_status_as_error(false).build();
        let mut answer = request.send_json(chat("Hi")).unwrap();
        answer.body_mut().read_to_string().unwrap()
    });
    assert_eq!(wrapped, bare);
    assert_eq!(record.error.unwrap().message, "slow down");
}

#[test]
fn a_server_that_is_not_there() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/v1/chat/completions?key=sk-secret");
    let agent = config().build().new_agent();
    let bare = agent
        .post(&url)
        .send_json(chat("Hi"))
        .unwrap_err()
        .to_string();
    let agent = carrot_providers::wrap(agent);
    let (wrapped, records) = recorded(|| agent.post(&url).send_json(chat("Hi")).unwrap_err());
    assert_eq!(wrapped.to_string(), bare);
    let error = records[0].error.as_ref().unwrap();
    assert_eq!(error.kind, "connect");
    assert!(!error.message.contains("sk-secret"));
}

#[test]
fn a_timeout() {
    let slow = || Reply::text("Hello").delay(Duration::from_secs(20));
    let agent = || {
        let timeout = Some(Duration::from_millis(50));
        config().timeout_recv_response(timeout).build().new_agent()
    };
    let pair = Pair::of(agent, |it| it.on(When::any(), slow()));
    let (bare, wrapped, record) = pair.both(|agent, url| answer(agent, url, &chat("Hi")));
    assert_eq!(wrapped, bare);
    assert_eq!(record.error.unwrap().kind, "timeout");
}

#[test]
fn a_plain_answer_that_is_cut() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Hello").cut_after(0)));
    let (bare, wrapped, record) = pair.both(|agent, url| answer(agent, url, &chat("Hi")));
    assert_eq!(wrapped, bare);
    assert!(wrapped.unwrap().error.is_some());
    assert_eq!(record.error.unwrap().kind, "transport");
}

/// Tries once more when the server failed.
fn once_more(
    request: Request<SendBody<'_>>,
    next: MiddlewareNext<'_>,
) -> Result<Response<Body>, Error> {
    use std::io::Read;
    let (head, body) = request.into_parts();
    let mut bytes = Vec::new();
    body.into_reader().read_to_end(&mut bytes)?;
    let agent = config().build().new_agent();
    let again = Request::from_parts(head.clone(), &bytes[..]);
    match next.handle(Request::from_parts(
        head,
        SendBody::from_reader(&mut &bytes[..]),
    )) {
        Err(Error::StatusCode(500)) => agent.run(again),
        other => other,
    }
}

#[test]
fn the_users_own_retries_stay_within_one_span() {
    let script = |it: carrot_providers::scripted::Builder| {
        it.on(When::any().attempt(1), Reply::error(500, "oh"))
            .on(When::any(), Reply::text("Hello"))
    };
    let agent = || config().middleware(once_more).build().new_agent();
    let pair = Pair::of(agent, script);
    let (bare, wrapped, record) = pair.both(|agent, url| answer(agent, url, &chat("Hi")));
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(output(&record)["message"]["content"], "Hello");
}

#[test]
fn html_instead_of_json_and_a_content_length_that_lies() {
    let html = "<html><body>Bad gateway</body></html>";
    let pair = Pair::new(|it| it.on(When::any(), Reply::raw(200, "text/html", html)));
    let (bare, wrapped, record) = pair.both(|agent, url| answer(agent, url, &chat("Hi")));
    assert_eq!(wrapped, bare);
    assert_eq!(wrapped.unwrap().body, html.as_bytes());
    assert!(record.metadata.contains_key("capture_note"), "{record:?}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        for connection in listener.incoming().take(2) {
            let mut connection = connection.unwrap();
            let mut request = [0; 4096];
            let mut length = 0;
            while !request[..length].ends_with(b"}") {
                length += std::io::Read::read(&mut connection, &mut request[length..]).unwrap();
            }
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n";
            connection
                .write_all(format!("{head}{{}}").as_bytes())
                .unwrap();
        }
    });
    let ask = |agent: &ureq::Agent| {
        let request = agent.post(format!("{url}/chat/completions"));
        request
            .send(chat("Hi").to_string())
            .map(crate::support::seen)
            .unwrap()
    };
    let agent = config().build().new_agent();
    let bare = ask(&agent);
    let agent = carrot_providers::wrap(agent);
    let (wrapped, records) = recorded(|| ask(&agent));
    server.join().unwrap();
    assert_eq!(wrapped, bare);
    assert!(wrapped.error.is_some());
    assert_eq!(records[0].error.as_ref().unwrap().kind, "transport");
}
