//! Answers in one piece.

use carrot_providers::scripted::{Reply, TokenUsage, When};
use carrot_providers::wrapper;
use carrot_wire::Status;
use serde_json::{Value, json};

use crate::support::{Asker, Pair, all_recorded, chat, http, output, recorded};

#[tokio::test]
async fn an_answer_is_the_same_and_recorded() {
    let usage = TokenUsage {
        input: 10,
        output: 7,
        cached: 4,
        reasoning: 2,
        ..TokenUsage::default()
    };
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Grüße 🥕").usage(usage)));
    let (answer, record) = pair.ask(chat("Hi")).await;
    let answer: Value = serde_json::from_slice(&answer.unwrap().body.0).unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "Grüße 🥕");

    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(record.name.as_deref(), Some("chat.completions"));
    assert_eq!(record.input.as_ref().unwrap().to_value(), chat("Hi"));
    assert_eq!(output(&record)["message"]["content"], "Grüße 🥕");
    assert_eq!(record.metadata["input_tokens"], 10);
    assert_eq!(record.metadata["cached_tokens"], 4);
    assert_eq!(record.metadata["request_id"], "req_1");
    assert_eq!(record.metadata.get("attempts"), None);
}

#[tokio::test]
async fn tool_calls() {
    let reply = || Reply::tool_call("look", r#"{"q":"Straße"}"#).and_tool_call("now", "{}");
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let (_, record) = pair.ask(chat("Hi")).await;
    let calls = &output(&record)["message"]["tool_calls"];
    assert_eq!(
        calls[0]["function"],
        json!({ "name": "look", "arguments": r#"{"q":"Straße"}"# })
    );
    assert_eq!(calls[1]["function"]["name"], "now");
}

#[tokio::test]
async fn a_reqwest_client_with_name_and_tags() {
    let server = Pair::new(|it| it).wrapped.server;
    let wrapped = wrapper()
        .name("my-chatbot")
        .tags(["prod", "eu"])
        .wrap(http());
    let asker = Asker {
        client: wrapped,
        server,
    };
    let (answer, record) = recorded(asker.ask(&chat("Hi"))).await;
    answer.unwrap();
    assert_eq!(record.name.as_deref(), Some("my-chatbot"));
    assert_eq!(record.tags, Some(vec!["prod".to_owned(), "eu".to_owned()]));
}

#[tokio::test]
async fn what_is_no_model_call_passes() {
    let pair = Pair::new(|it| it);
    let models = async |asker: &Asker| {
        let url = format!("{}/models", asker.server.url());
        asker
            .client
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    let bare = models(&pair.bare).await;
    let (wrapped, records) = all_recorded(models(&pair.wrapped)).await;
    assert_eq!((wrapped, records.len()), (bare, 0));
}

#[tokio::test]
async fn a_body_that_cannot_be_read_twice_is_sent_once() {
    let pair = Pair::new(|it| it);
    let text = chat("Hi").to_string();
    let send = async |asker: &Asker| {
        let pieces = [Ok::<_, std::io::Error>(text.clone())];
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
        let url = format!("{}/chat/completions", asker.server.url());
        let request = asker.client.post(url).body(body);
        request.send().await.unwrap().text().await.unwrap()
    };
    let bare = send(&pair.bare).await;
    let (wrapped, record) = recorded(send(&pair.wrapped)).await;
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();
    assert_eq!(record.input, None);
    assert_eq!(output(&record)["message"]["content"], "You said: Hi");
}
