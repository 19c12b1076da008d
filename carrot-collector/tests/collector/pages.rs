//! The dashboard's files, and who may ask for anything at all.

use crate::server::Server;

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let lines = answer.lines().take_while(|line| !line.is_empty());
    let (_, value) = lines
        .filter_map(|line| line.split_once(": "))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value)
}

const LOCAL: &str = "Host: localhost\r\n";

#[test]
fn the_dashboard_is_served_and_cached_by_its_tag() {
    let server = Server::start();
    let page = server.raw_get("/", LOCAL);
    assert!(
        page.starts_with("HTTP/1.1 200") && page.contains("/app.js"),
        "{page}"
    );
    for path in ["/traces/123", "/traces/a/b"] {
        assert_eq!(
            server
                .raw_get(path, LOCAL)
                .split_once("\r\n\r\n")
                .unwrap()
                .1,
            page.split_once("\r\n\r\n").unwrap().1
        );
    }
    for (path, mime) in [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/app.css", "text/css; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
    ] {
        let answer = server.raw_get(path, LOCAL);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}");
        assert_eq!(header(&answer, "content-type"), Some(mime));
        assert_eq!(header(&answer, "cache-control"), Some("no-cache"));
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
        assert_eq!(header(&answer, "referrer-policy"), Some("no-referrer"));
        let policy = header(&answer, "content-security-policy").unwrap();
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let tag = header(&answer, "etag").unwrap();
        for known in [
            tag.to_owned(),
            format!("W/{tag}"),
            format!("\"x\", {tag}"),
            "*".to_owned(),
        ] {
            let again = server.raw_get(path, &format!("{LOCAL}If-None-Match: {known}\r\n"));
            assert!(
                again.starts_with("HTTP/1.1 304") && again.ends_with("\r\n\r\n"),
                "{again}"
            );
        }
        assert!(
            server
                .raw_get(path, &format!("{LOCAL}If-None-Match: \"x\"\r\n"))
                .starts_with("HTTP/1.1 200")
        );
    }
}

#[test]
fn other_machines_names_are_refused() {
    let server = Server::start();
    for host in ["localhost:1", "127.0.0.1", "[::1]:7420"] {
        assert!(
            server
                .raw_get("/healthz", &format!("Host: {host}\r\n"))
                .starts_with("HTTP/1.1 200"),
            "{host}"
        );
    }
    for host in ["evil.example", "localhost.evil.example:7420", "192.168.0.1"] {
        let answer = server.raw_get("/v1/traces", &format!("Host: {host}\r\n"));
        assert!(
            answer.starts_with("HTTP/1.1 403") && answer.contains("Host header"),
            "{answer}"
        );
    }
    assert!(
        server.raw_get("/", "").starts_with("HTTP/1.1 403"),
        "no Host at all"
    );
}

#[test]
fn other_sites_pages_are_refused() {
    let server = Server::start();
    let post = |origin: &str| {
        let body = r#"{"traces":[{"name":"a"}]}"#;
        server.raw(&format!(
            "POST /v1/traces/ingest HTTP/1.1\r\nHost: localhost:7420\r\nOrigin: {origin}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    };
    assert!(post("http://localhost:7420").starts_with("HTTP/1.1 202"));
    for origin in ["https://evil.example", "http://localhost:3000", "null"] {
        let answer = post(origin);
        assert!(
            answer.starts_with("HTTP/1.1 403") && answer.contains("another origin"),
            "{answer}"
        );
        let read = server.raw_get(
            "/v1/live",
            &format!("Host: localhost:7420\r\nOrigin: {origin}\r\n"),
        );
        assert!(read.starts_with("HTTP/1.1 403"));
    }
    assert_eq!(server.names("").len(), 1);
}

#[test]
fn what_is_not_there_is_said_so_in_json() {
    let server = Server::start();
    assert_eq!(server.read("/healthz")["status"], "ok");
    let (status, answer) = server.get("/v2/nothing");
    assert_eq!(
        (status, answer["error"].as_str()),
        (404, Some("there is no /v2/nothing here"))
    );
    let (status, answer) = server.get("/v1/traces/ingest/");
    assert_eq!((status, answer["error"].is_string()), (404, true));
    let (status, answer) = server.get("/traces");
    assert_eq!((status, answer["error"].is_string()), (404, true));
    let answer =
        server.raw("DELETE /v1/traces HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(
        answer.starts_with("HTTP/1.1 405")
            && answer.contains(r#"{"error":"/v1/traces does not take DELETE"}"#)
    );
}
