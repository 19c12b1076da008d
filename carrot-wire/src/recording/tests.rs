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

fn unmatched(recorded: &str, body: &str) -> String {
    let body = Body::of(Some(body.as_bytes()));
    let recorded = [request(recorded)];
    Unmatched::among(&recorded, "POST", "/v1/chat/completions", &body).to_string()
}

#[test]
fn a_request_is_the_same_by_method_path_and_values() {
    let recorded = request(r#"{"model":"m","n":1}"#);
    let body = |text: &str| Body::of(Some(text.as_bytes()));
    let path = "/v1/chat/completions";
    assert!(recorded.is("POST", path, &body("{\n \"n\": 1, \"model\": \"m\" }")));
    assert!(!recorded.is("POST", path, &body(r#"{"model":"m","n":2}"#)));
    assert!(!recorded.is("POST", "/v1/completions", &recorded.body));
    assert!(!recorded.is("GET", path, &recorded.body));
    assert!(!recorded.is("POST", path, &Body::Unseen));
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
    let none = Unmatched::among([], "POST", "/v1/x", &Body::Unseen).to_string();
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
