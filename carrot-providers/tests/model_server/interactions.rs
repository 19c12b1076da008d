//! Gemini's interactions.

use carrot_providers::scripted::Reply;
use serde_json::{Value, json};

use super::{events, joined, json_of, one, parsed, post, rich};

fn ask() -> Value {
    json!({ "model": "gemini-3-flash", "input": "Hi" })
}

#[tokio::test]
async fn an_interaction_has_steps() {
    let server = rich();
    let interaction = json_of(post(&server, "/v1beta/interactions", ask()).await).await;
    assert_eq!(interaction["status"], "requires_action");
    let steps = interaction["steps"].as_array().unwrap();
    let kinds: Vec<&str> = steps.iter().filter_map(|it| it["type"].as_str()).collect();
    assert_eq!(
        kinds,
        ["thought", "model_output", "function_call", "function_call"]
    );
    assert_eq!(steps[1]["content"][0]["text"], "It is sunny.");
    assert_eq!(steps[2]["arguments"], json!({ "city": "Oslo" }));
    let usage = &interaction["usage"];
    assert_eq!(usage["total_output_tokens"], 170);
    assert_eq!(usage["total_thought_tokens"], 30);
    assert_eq!(usage["total_tokens"], 1200);
}

#[tokio::test]
async fn a_stream_adds_up_to_the_interaction() {
    let server = rich();
    let mut request = ask();
    request["stream"] = json!(true);
    let events = events(post(&server, "/v1beta/interactions", request).await).await;
    let (done, events) = events.split_last().unwrap();
    assert_eq!(*done, (Some("done".to_owned()), "[DONE]".to_owned()));
    let data = parsed(events);
    for ((name, _), event) in events.iter().zip(&data) {
        assert_eq!(name.as_deref(), event["event_type"].as_str());
    }
    assert_eq!(joined(&data, "/delta/text"), "It is sunny.");
    assert_eq!(joined(&data, "/delta/content/text"), "Let me see.");
    assert_eq!(joined(&data, "/delta/arguments"), r#"{"city":"Oslo"}{}"#);
    let last = &data.last().unwrap()["interaction"];
    assert_eq!(last["usage"]["total_cached_tokens"], 400);
    assert_eq!(last.get("steps"), None);
}

#[tokio::test]
async fn a_stream_can_end_in_an_error() {
    let server = one(Reply::text("one two").error_after(4, "broken"));
    let mut request = ask();
    request["stream"] = json!(true);
    let events = events(post(&server, "/v1beta/interactions", request).await).await;
    assert_eq!(events[4].0.as_deref(), Some("error"));
    assert_eq!(parsed(&events)[4]["error"]["message"], "broken");
}
