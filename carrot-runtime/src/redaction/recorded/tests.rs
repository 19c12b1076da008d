use std::sync::Arc;

use carrot_wire::recording::RecordedRequest;
use carrot_wire::redact::Names;
use regex::Regex;
use serde_json::json;

use super::super::Hook;
use super::*;

fn redaction(hook: Option<Arc<Hook>>) -> Redaction {
    let mut names = Names::default();
    assert!(names.add("ssn"));
    Redaction {
        names,
        patterns: vec![Regex::new(r"sk-\w+").unwrap()],
        hook,
    }
}

fn hooked(hook: impl Fn(&mut RedactEvent) + Send + Sync + 'static) -> Redaction {
    Redaction {
        hook: Some(Arc::new(hook)),
        ..Redaction::default()
    }
}

/// A chat whose answer came in these pieces.
fn call(kind: &str, pieces: &[&str]) -> RecordedCall {
    let request = json!({
        "model": "m", "ssn": "1-2", "api_key": "k",
        "messages": [{"role": "user", "content": "Who has sk-1?"}],
    });
    let pieces = pieces.iter().enumerate();
    let pieces = pieces.map(|(at, text)| piece(at as u64, (*text).to_owned()));
    let pieces: Vec<_> = pieces.collect();
    let length: usize = pieces.iter().map(|it| it.bytes.len()).sum();
    RecordedCall {
        request: RecordedRequest {
            method: "POST".to_owned(),
            url: "https://host/v1/chat/completions?user=sk-7".to_owned(),
            headers: vec![("x-note".to_owned(), "of sk-8".to_owned())],
            body: Body::Json(Json::from_value(&request)),
        },
        answer: RecordedAnswer {
            status: Some(200),
            headers: vec![
                ("content-type".to_owned(), kind.to_owned()),
                ("content-length".to_owned(), length.to_string()),
            ],
            pieces,
            end: End::Whole,
        },
    }
}

fn whole(content: &str) -> RecordedCall {
    let message = json!({"role": "assistant", "content": content});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
    let answer = json!({"id": "1", "ssn": "1-2", "choices": [choice]}).to_string();
    let (first, second) = answer.split_at(20);
    call("application/json", &[first, second])
}

fn event(delta: &str) -> String {
    let choice = json!({"index": 0, "delta": {"content": delta}});
    format!("data: {}\n\n", json!({"id": "1", "choices": [choice]}))
}

fn streamed(deltas: &[&str]) -> RecordedCall {
    let text: String = deltas.iter().map(|it| event(it)).collect();
    let text = format!(": hello\n\n{text}data: [DONE]\n\n");
    let (first, second) = text.split_at(70);
    call("text/event-stream", &[first, second])
}

fn body(call: &RecordedCall) -> Value {
    serde_json::from_slice(&call.request.body.bytes()).unwrap()
}

fn said(call: &RecordedCall) -> Value {
    call.read().unwrap().output["message"]["content"].take()
}

fn text(call: &RecordedCall) -> String {
    serde_json::to_string(call).unwrap()
}

#[test]
fn requests_and_whole_answers_are_cleared() {
    let cleared = redaction(None).recorded(whole("It is sk-2."));
    let written = text(&cleared);
    assert!(
        !written.contains("sk-") && !written.contains("1-2"),
        "{written}"
    );
    assert_eq!(body(&cleared)["api_key"], "[redacted]");
    assert_eq!(
        body(&cleared)["messages"][0]["content"],
        "Who has [redacted]?"
    );
    assert_eq!(said(&cleared), "It is [redacted].");
    let length = cleared.answer.pieces[0].bytes.len().to_string();
    assert_eq!(
        cleared.answer.headers[1].1, length,
        "a client would wait for more"
    );
    assert_eq!(cleared.answer.end, End::Whole);
    assert!(cleared.request.is(&whole("").request), "it is found again");
}

#[test]
fn streams_are_cleared_event_by_event() {
    let before = streamed(&["It is ", "sk-2", "."]);
    let cleared = redaction(None).recorded(before.clone());
    assert!(!text(&cleared).contains("sk-"), "{}", text(&cleared));
    assert_eq!(said(&cleared), "It is [redacted].");
    let times = |call: &RecordedCall| -> Vec<u64> {
        call.answer.pieces.iter().map(|it| it.at_us).collect()
    };
    assert_eq!(times(&cleared), times(&before));
    assert!(
        cleared.answer.pieces[1]
            .bytes
            .ends_with(b"data: [DONE]\n\n")
    );
}

#[test]
fn what_is_not_touched_stays_as_it_came() {
    for before in [whole("Nobody."), streamed(&["No", "body."])] {
        let mut named = redaction(None);
        named.names = Names::default();
        assert_eq!(named.recorded(before.clone()).answer, before.answer);
        assert_eq!(
            Redaction::default().recorded(before.clone()).answer,
            before.answer
        );
        assert_eq!(
            body(&Redaction::default().recorded(before))["api_key"],
            "[redacted]"
        );
    }
}

#[test]
fn what_only_the_whole_stream_says_is_withheld() {
    let cleared = redaction(None).recorded(streamed(&["It is s", "k-2", "."]));
    assert!(cleared.answer.pieces.is_empty());
    assert_eq!(cleared.answer.end, End::Broken(WITHHELD.to_owned()));
    assert_eq!(cleared.answer.status, Some(200));
}

#[test]
fn log_probabilities_that_spell_it_are_withheld() {
    let words = |token: &str| json!({"token": token, "logprob": -0.1, "top_logprobs": []});
    let answer = |content: &str, tokens: &[&str]| {
        let tokens: Vec<_> = tokens.iter().map(|it| words(it)).collect();
        let choice = json!({
            "message": {"content": content}, "finish_reason": "stop", "logprobs": {"content": tokens},
        });
        call(
            "application/json",
            &[&json!({"choices": [choice]}).to_string()],
        )
    };
    let spelled = redaction(None).recorded(answer("sk-2", &["s", "k-2"]));
    assert!(spelled.answer.pieces.is_empty());
    let kept = redaction(None).recorded(answer("Nobody", &["No", "body"]));
    assert!(
        text(&kept).contains("body"),
        "a token is a word here, and no secret"
    );
    assert_eq!(kept.answer, answer("Nobody", &["No", "body"]).answer);
}

#[test]
fn what_cannot_be_read_is_withheld_where_there_are_rules() {
    let odd = || call("text/event-stream", &["data: {\"a\":\n", "data: 1}\n\n"]);
    assert!(redaction(None).recorded(odd()).answer.pieces.is_empty());
    assert_eq!(Redaction::default().recorded(odd()).answer, odd().answer);
    let mut cut = streamed(&["It is "]);
    let begun = piece(
        3,
        "data: {\"choices\":[{\"delta\":{\"content\":\"sk".to_owned(),
    );
    cut.answer.pieces.push(begun);
    cut.answer.end = End::Left;
    let cleared = redaction(None).recorded(cut);
    assert_eq!(said(&cleared), "It is ");
    assert_eq!(cleared.answer.end, End::Left);
}

#[test]
fn the_hook_sees_what_it_sees_of_a_span() {
    let changes = hooked(|event| {
        assert_eq!(event.name, "chat.completions");
        event.input["messages"][0]["content"] = "gone".into();
    });
    let cleared = changes.recorded(whole("It is sk-2."));
    assert_eq!(body(&cleared)["messages"][0]["content"], "gone");
    assert_eq!(said(&cleared), "It is sk-2.", "it left that as it was");
    let withholds = hooked(|event| event.output = "[private]".into());
    let cleared = withholds.recorded(streamed(&["It is sk-2."]));
    assert!(!text(&cleared).contains("sk-2"));
    assert_eq!(cleared.answer.end, End::Broken(WITHHELD.to_owned()));
}

#[test]
fn a_hook_that_panics_or_sees_nothing_leaves_nothing() {
    let cleared = hooked(|_| panic!("on purpose")).recorded(whole("It is sk-2."));
    assert!(!text(&cleared).contains("Who has") && !text(&cleared).contains("It is"));
    let mut unknown = call("text/html", &["<html>sk-2</html>"]);
    unknown.request.body = Body::Text("no JSON".to_owned());
    let cleared = hooked(|_| {}).recorded(unknown);
    assert!(!text(&cleared).contains("html>") && !text(&cleared).contains("no JSON"));
}

#[test]
fn the_exchange_of_a_record_is_cleared_as_well() {
    let record = |exchange: &Value| Record {
        exchange: Some(Json::from_value(exchange)),
        ..Record::default()
    };
    let call = serde_json::to_value(whole("It is sk-2.")).unwrap();
    let sent = redaction(None).apply(record(&call));
    let exchange = sent.exchange.unwrap();
    assert!(!exchange.as_str().contains("sk-") && !exchange.as_str().contains("1-2"));
    let read: RecordedCall = serde_json::from_str(exchange.as_str()).unwrap();
    assert_eq!(said(&read), "It is [redacted].");
    let unknown = redaction(None).apply(record(&json!({"request": "sk-1"})));
    assert_eq!(unknown.exchange, None);
    assert_eq!(unknown.metadata["exchange_withheld"], true);
}
