//! Which requests are model calls, what errors say, and what a record is told.

use carrot_wire::llm::{Endpoint, provider_of};
use carrot_wire::{Record, SpanKind, Status};
use serde_json::{Value, json};

use crate::{REQUEST, delta, events, plain, read};

#[test]
fn endpoints_are_found_by_the_end_of_the_path() {
    let find = |path| Endpoint::find("POST", path);
    assert_eq!(
        find("/v1/chat/completions"),
        Some(Endpoint::ChatCompletions)
    );
    assert_eq!(
        find("/openai/deployments/mine/chat/completions"),
        Some(Endpoint::ChatCompletions)
    );
    assert_eq!(find("/v1/completions"), Some(Endpoint::Completions));
    assert_eq!(find("/responses"), Some(Endpoint::Responses));
    assert_eq!(find("/v1/embeddings/"), Some(Endpoint::Embeddings));
    for path in [
        "/v1/models",
        "/v1/responses/resp_1/cancel",
        "/",
        "",
        "embeddings",
    ] {
        assert_eq!(find(path), None, "{path}");
    }
    assert_eq!(Endpoint::find("GET", "/v1/responses"), None);
}

#[test]
fn providers_are_known_by_their_host() {
    assert_eq!(provider_of("api.openai.com", "/v1"), "openai");
    assert_eq!(provider_of("API.GROQ.com", "/openai/v1"), "groq");
    assert_eq!(provider_of("mine.openai.azure.com", "/"), "azure");
    assert_eq!(
        provider_of("10.0.0.1", "/openai/deployments/x/embeddings"),
        "azure"
    );
    assert_eq!(provider_of("notx.ai", "/"), "openai");
    assert_eq!(provider_of("127.0.0.1", "/v1"), "openai");
}

#[test]
fn errors_keep_the_words_of_the_server() {
    let error = |status, kind, body: &str| {
        let call = read(Endpoint::ChatCompletions, status, kind, body, true);
        let error = call.error.expect("an error");
        (error.kind, error.message)
    };
    let owned = |kind: &str, message: &str| (kind.to_owned(), message.to_owned());
    let json = "application/json";
    assert_eq!(
        error(
            401,
            json,
            r#"{"error":{"message":"Bad key","type":"invalid_request_error","code":"invalid_api_key"}}"#
        ),
        owned("invalid_request_error", "Bad key")
    );
    assert_eq!(
        error(404, json, r#"{"error":"no such model"}"#),
        owned("http_404", "no such model")
    );
    assert_eq!(
        error(422, json, r#"{"detail":"missing field"}"#),
        owned("http_422", "missing field")
    );
    assert_eq!(
        error(503, "text/plain", "try later\n"),
        owned("http_503", "try later")
    );
    assert_eq!(
        error(502, "text/html", "<html>…</html>"),
        owned("http_502", "HTTP 502 with a body of text/html")
    );
    assert_eq!(error(500, json, ""), owned("http_500", "HTTP 500"));
    assert!(error(500, json, &"x".repeat(1 << 20)).1.len() < 2_000);
}

#[test]
fn an_error_inside_a_stream_is_an_error() {
    let body = events(&[
        delta(json!({ "content": "Hel" })),
        json!({ "error": { "message": "overloaded", "type": "server_error" } }),
    ]);
    let call = read(
        Endpoint::ChatCompletions,
        200,
        "text/event-stream",
        &body,
        true,
    );
    assert_eq!(call.error.unwrap().message, "overloaded");
    assert_eq!(call.output["message"]["content"], "Hel");

    let failed = json!({ "type": "response.failed", "response": {
        "status": "failed", "error": { "code": "server_error", "message": "broken" }, "output": [] } });
    let call = read(
        Endpoint::Responses,
        200,
        "text/event-stream",
        &events(&[failed]),
        true,
    );
    assert_eq!(call.error.unwrap().kind, "server_error");
}

#[test]
fn html_with_status_200_is_noted_and_no_error() {
    let call = read(
        Endpoint::ChatCompletions,
        200,
        "text/html",
        "<html></html>",
        true,
    );
    assert_eq!(
        call.note,
        Some("the answer is not the JSON that was expected")
    );
    assert!(call.error.is_none() && !call.complete && call.output.is_null());
}

#[test]
fn a_record_is_filled_as_the_contract_says() {
    let body = json!({ "model": "gpt-4o-2024-08-06",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hi" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5 } });
    let mut record = Record {
        status: Some(Status::Cancelled),
        ..Record::default()
    };
    plain(Endpoint::ChatCompletions, body).fill(&mut record);
    assert_eq!(record.name.as_deref(), Some("chat.completions"));
    assert_eq!(record.kind, Some(SpanKind::LlmCall));
    assert_eq!(
        record.status,
        Some(Status::Success),
        "the answer was complete"
    );
    assert_eq!(record.input.unwrap().as_str(), REQUEST);
    assert_eq!(
        record.output.unwrap().to_value(),
        json!({"message": {"role": "assistant", "content": "Hi"}})
    );
    let metadata = json!({
        "provider": "openai", "model": "gpt-4o-2024-08-06", "request_model": "gpt-4o",
        "input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "finish_reason": "stop", "request_id": "req_1",
    });
    assert_eq!(Value::Object(record.metadata), metadata);
}

#[test]
fn a_loss_is_told_in_the_record() {
    let body = events(&[delta(json!({ "content": "Hi" }))]);
    let mut record = Record {
        status: Some(Status::Cancelled),
        ..Record::default()
    };
    read(
        Endpoint::ChatCompletions,
        200,
        "text/event-stream",
        &body,
        false,
    )
    .fill(&mut record);
    assert_eq!(record.status, Some(Status::Cancelled));
    assert_eq!(record.metadata["capture_complete"], false);
    assert_eq!(
        record.metadata["capture_note"],
        "the stream stopped before its end"
    );

    let mut record = Record::default();
    read(
        Endpoint::ChatCompletions,
        429,
        "application/json",
        r#"{"error":{"message":"slow down","type":"rate"}}"#,
        true,
    )
    .fill(&mut record);
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(record.error.unwrap().message, "slow down");
}
