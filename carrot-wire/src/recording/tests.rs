use ::bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn request(body: &str) -> RecordedRequest {
    RecordedRequest {
        method: "POST".into(),
        url: "https://api.openai.com/v1/chat/completions?a=1".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: Body::of(Some(body.as_bytes())),
    }
}

fn to(url: &str, body: &str) -> RecordedRequest {
    RecordedRequest {
        url: url.into(),
        ..request(body)
    }
}

fn unmatched(recorded: &str, body: &str) -> String {
    Unmatched::among(&[request(recorded)], &request(body)).to_string()
}

#[test]
fn a_request_is_the_same_by_method_path_and_values() {
    let recorded = request(r#"{"model":"m","n":1}"#);
    let host = "http://127.0.0.1:1/v1/chat/completions?a=1";
    assert!(recorded.is(&to(host, "{\n \"n\": 1, \"model\": \"m\" }")));
    assert!(!recorded.is(&request(r#"{"model":"m","n":2}"#)));
    let mut other = recorded.clone();
    other.url = "https://api.openai.com/v1/completions?a=1".into();
    assert!(!recorded.is(&other));
    other = recorded.clone();
    other.method = "GET".into();
    assert!(!recorded.is(&other));
    other = recorded.clone();
    other.body = Body::Unseen;
    assert!(!recorded.is(&other));
}

#[test]
fn a_query_is_compared_but_for_its_secrets() {
    let is = |was: &str, is: &str| {
        let url =
            |query: &str| format!("https://host/v1beta/models/m:streamGenerateContent{query}");
        let (was, is) = (to(&url(was), "{}"), to(&url(is), "{}"));
        let told = Unmatched::among(std::slice::from_ref(&was), &is).to_string();
        (was.is(&is), told)
    };
    assert!(is("?alt=sse&key=[redacted]", "?key=other&alt=sse").0);
    assert!(is("?key=[redacted]", "").0, "the key may go by a header");
    for (was, now) in [
        ("?alt=sse", ""),
        ("", "?alt=sse&key=k"),
        ("?alt=sse", "?alt=json"),
    ] {
        let (is_same, told) = is(was, now);
        assert!(!is_same, "{was} {now}");
        assert!(told.contains("has another alt in its query"), "{told}");
        assert!(!told.contains("sse"), "{told}");
    }
    assert!(is("?a=1&b=2", "?a=1").1.contains("another b in"));
}

#[test]
fn what_was_redacted_may_have_been_anything() {
    let is = |was: &str, now: &str| request(was).is(&request(now));
    assert!(is(
        r#"{"ssn":"[redacted]","n":1}"#,
        r#"{"n":1,"ssn":{"a":2}}"#
    ));
    assert!(!is(r#"{"ssn":"[redacted]","n":1}"#, r#"{"n":2,"ssn":3}"#));
    assert!(!is(r#"{"ssn":"[redacted]"}"#, "{}"));
    let was = r#"["from [redacted] to [redacted]!"]"#;
    assert!(is(was, r#"["from a to b to c!"]"#));
    assert!(!is(was, r#"["from a!"]"#) && !is(was, r#"["from a to b"]"#));
    assert!(!is(r#"["ab[redacted]ba"]"#, r#"["aba"]"#));
    assert!(is(r#"{"sk-[redacted]":1}"#, r#"{"sk-123":1}"#));
    assert!(!is(r#"{"sk-[redacted]":1}"#, r#"{"other":1}"#));
    assert!(is(r#""[redacted]""#, "no json") && !is(r#""redacted""#, "no json"));
    assert!(is("key [redacted]", "key 1") && !is("key [redacted]", "no 1"));
    let told = unmatched(r#"{"a":"[redacted]","b":1}"#, r#"{"a":"private","b":2}"#);
    assert!(told.contains("differs at /b;"), "{told}");
}

#[test]
fn what_does_not_fit_is_told_by_place_and_not_by_value() {
    let was = r#"{"model":"m","messages":[{"role":"user","content":"secret"}]}"#;
    let now = r#"{"model":"m","messages":[{"role":"user","content":"other"}]}"#;
    let told = unmatched(was, now);
    assert!(told.contains("differs at /messages/0/content;"), "{told}");
    assert!(!told.contains("secret") && !told.contains("other"));
    assert!(unmatched(r#"{"a":1}"#, r#"{"a":1,"b":2}"#).contains("differs at /b;"));
    assert!(unmatched("[1]", "[1,2]").contains("differs at /1;"));
    assert!(unmatched("no json", "{}").contains("another body"));
    let none = Unmatched::among([], &request("{}")).to_string();
    assert!(
        none.contains("no recorded call to this path is left"),
        "{none}"
    );
}

#[test]
fn secrets_are_left_out() {
    assert!(is_secret_header("Authorization") && is_secret_header("x-goog-api-key"));
    assert!(!is_secret_header("x-ratelimit-remaining-tokens"));
    for name in [
        "api-key",
        "Ocp-Apim-Subscription-Key",
        "x-functions-key",
        "Helicone-Auth",
        "x-amz-security-token",
        "Proxy-Authorization",
        "set-cookie",
    ] {
        assert!(is_secret_header(name), "{name}");
    }
    assert_eq!(
        without_secrets(
            "https://host/chat/completions?subscription-key=s&api-version=1&api%2Dkey=s"
        ),
        "https://host/chat/completions?subscription-key=[redacted]&api-version=1&api%2Dkey=[redacted]"
    );
    assert_eq!(
        without_secrets("https://me:pw@host/v1/x?key=abc&alt=sse&X-Amz-Signature=s#f"),
        "https://host/v1/x?key=[redacted]&alt=sse&X-Amz-Signature=[redacted]"
    );
    assert_eq!(without_secrets("no url"), "no url");
}

#[test]
fn a_recording_reads_as_it_was_written() {
    let answer = RecordedAnswer {
        status: Some(200),
        headers: vec![],
        pieces: vec![
            Piece {
                at_us: 12,
                bytes: Bytes::from_static(b"data: {}\n\n"),
            },
            Piece {
                at_us: 15,
                bytes: Bytes::from_static(&[0xff, 0]),
            },
        ],
        end: End::Broken("connection reset".into()),
    };
    let recording = Recording::new(vec![RecordedCall {
        request: request("{}"),
        answer,
    }]);
    let text = recording.to_json();
    assert_eq!(Recording::from_json(&text).unwrap(), recording);
    insta::assert_snapshot!(text);
    let newer = text.replace("\"version\": 1", "\"version\": 2");
    assert!(
        Recording::from_json(&newer)
            .unwrap_err()
            .to_string()
            .contains("newer carrot")
    );
}

proptest! {
    #[test]
    fn any_bytes_come_back(body: Vec<u8>, url: String, pieces: Vec<Vec<u8>>) {
        let mut request = request("");
        request.body = Body::of(Some(&body));
        request.url = without_secrets(&url);
        let _ = request.path();
        let pieces = pieces.into_iter().map(|it| Piece { at_us: 1, bytes: it.into() }).collect();
        let answer = RecordedAnswer { status: Some(200), headers: vec![], pieces, end: End::Whole };
        let recording = Recording::new(vec![RecordedCall { request, answer }]);
        prop_assert_eq!(Recording::from_json(&recording.to_json()).unwrap(), recording);
    }
}
