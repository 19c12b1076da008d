//! Clients with a base URL.

use carrot_providers::scripted::{Reply, TokenUsage, When};
use carrot_wire::{Record, Status};
use futures_util::StreamExt;
use gemini_rust::{FunctionDeclaration, Gemini, Model};
use ollama_rs::Ollama;
use ollama_rs::generation::chat::ChatMessage;
use ollama_rs::generation::chat::request::ChatMessageRequest;
use serde_json::{Value, json};

use crate::support::{Pair, chat, chat_stream, name, output, post};

fn gemini(base: &str) -> Gemini {
    // It appends to its base URL as to a directory.
    let base = format!("{base}/v1beta/").parse().unwrap();
    let model = Model::Custom("models/gemini-2.5-flash".to_owned());
    Gemini::with_model_and_base_url("key", model, base).unwrap()
}

fn ollama(base: &str) -> Ollama {
    Ollama::try_new(format!("{base}/")).unwrap()
}

fn ollama_request(text: &str) -> ChatMessageRequest {
    let message = ChatMessage::user(text.to_owned());
    ChatMessageRequest::new("llama3.2".to_owned(), vec![message])
}

fn values<T: serde::Serialize>(item: T) -> Value {
    serde_json::to_value(item).unwrap()
}

/// Runs both and gives what each gave, and the one record.
async fn both<T, F: Future<Output = T>>(pair: &Pair, call: impl Fn(String) -> F) -> (T, T, Record) {
    let bare = call(pair.bare.origin()).await;
    let relayed = async {
        let relay = pair.relay();
        call(relay.url().to_owned()).await
    };
    let (relayed, traces) = carrot_runtime::testing::capture_output(relayed).await;
    let mut records = traces.records().to_vec();
    assert_eq!(records.len(), 1, "{records:?}");
    (bare, relayed, records.remove(0))
}

#[test]
fn reqwest_blocking_with_openai_and_anthropic() {
    let usage = TokenUsage {
        input: 10,
        output: 7,
        cached: 4,
        ..TokenUsage::default()
    };
    let reply = || {
        Reply::text("Grüße 🥕")
            .and_tool_call("look", r#"{"q":1}"#)
            .usage(usage)
    };
    let mut message = chat("Hi");
    message["max_tokens"] = json!(100);
    let mut message_stream = message.clone();
    message_stream["stream"] = json!(true);
    for (path, body, operation) in [
        ("/v1/chat/completions", chat("Hi"), "chat.completions"),
        (
            "/v1/chat/completions",
            chat_stream("Hi"),
            "chat.completions",
        ),
        ("/v1/messages", message, "messages"),
        ("/v1/messages", message_stream, "messages"),
    ] {
        let pair = Pair::new(|it| it.on(When::any(), reply()));
        let (bare, relayed, record) = pair.both(|base| post(&format!("{base}{path}"), &body));
        assert_eq!(relayed, bare);
        assert_eq!(relayed.status, 200);
        pair.assert_same_requests();
        assert_eq!(record.status, Some(Status::Success), "{path}");
        assert_eq!(name(&record), operation);
        let message = &output(&record)["message"];
        assert_eq!(message["content"], "Grüße 🥕");
        assert_eq!(message["tool_calls"][0]["function"]["name"], "look");
    }
}

#[test]
fn an_error_status_is_the_upstreams() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::error(429, "slow down").retry_after(1)));
    let (bare, relayed, record) =
        pair.both(|base| post(&format!("{base}/v1/chat/completions"), &chat("Hi")));
    assert_eq!(relayed, bare);
    assert_eq!(relayed.status, 429);
    assert!(
        relayed
            .headers
            .contains(&("retry-after".to_owned(), "1".to_owned()))
    );
    assert_eq!(record.error.unwrap().message, "slow down");
}

#[test]
fn a_long_answer() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::long(3 << 20)));
    let (bare, relayed, record) =
        pair.both(|base| post(&format!("{base}/v1/chat/completions"), &chat("Hi")));
    assert!(relayed.body.len() > 3 << 20);
    assert!(relayed == bare);
    assert_eq!(record.status, Some(Status::Success));
}

#[tokio::test]
async fn gemini_rust() {
    let pair = Pair::new(|it| {
        it.on(When::says("fail"), Reply::error(429, "slow down"))
            .on(When::says("look"), Reply::tool_call("look", r#"{"q":1}"#))
    });
    for says in ["Hi", "look"] {
        let call = |base: String| async move {
            let tool = FunctionDeclaration::new("look", "looks", None);
            let request = gemini(&base).generate_content().with_user_message(says);
            values(request.with_function(tool).execute().await.unwrap())
        };
        let (bare, relayed, record) = both(&pair, call).await;
        assert_eq!(relayed, bare);
        assert_eq!(name(&record), "generate_content");
        assert_eq!(record.status, Some(Status::Success));
        let message = &output(&record)["message"];
        match says {
            "Hi" => assert_eq!(message["content"], "You said: Hi"),
            _ => assert_eq!(message["tool_calls"][0]["function"]["name"], "look"),
        }
        assert_eq!(record.metadata["provider"], "gemini");
    }

    let call = |base: String| async move {
        let request = gemini(&base).generate_content().with_user_message("Hi");
        let stream = request.execute_stream().await.unwrap();
        stream
            .map(|it| values(it.unwrap()))
            .collect::<Vec<_>>()
            .await
    };
    let (bare, relayed, record) = both(&pair, call).await;
    assert!(relayed.len() > 1);
    assert_eq!(relayed, bare);
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(output(&record)["message"]["content"], "You said: Hi");

    let call = |base: String| async move {
        let request = gemini(&base).generate_content().with_user_message("fail");
        format!("{:?}", request.execute().await.unwrap_err())
    };
    let (bare, relayed, record) = both(&pair, call).await;
    assert_eq!(relayed, bare);
    assert_eq!(record.error.unwrap().message, "slow down");
    pair.assert_same_requests();
}

#[tokio::test]
async fn ollama_rs() {
    let pair = Pair::new(|it| {
        it.on(When::says("fail"), Reply::error(500, "no memory"))
            .on(When::says("look"), Reply::tool_call("look", r#"{"q":1}"#))
    });
    for says in ["Hi", "look"] {
        let call = |base: String| async move {
            let answer = ollama(&base).send_chat_messages(ollama_request(says)).await;
            format!("{:?}", answer.unwrap())
        };
        let (bare, relayed, record) = both(&pair, call).await;
        assert_eq!(relayed, bare);
        assert_eq!(name(&record), "chat");
        assert_eq!(record.status, Some(Status::Success));
        assert_eq!(record.metadata["provider"], "ollama");
    }

    let call = |base: String| async move {
        let stream = ollama(&base)
            .send_chat_messages_stream(ollama_request("Hi"))
            .await;
        let items = stream.unwrap().map(|it| format!("{it:?}"));
        items.collect::<Vec<_>>().await
    };
    let (bare, relayed, record) = both(&pair, call).await;
    assert!(relayed.len() > 1);
    assert_eq!(relayed, bare);
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(output(&record)["message"]["content"], "You said: Hi");

    let call = |base: String| async move {
        let answer = ollama(&base)
            .send_chat_messages(ollama_request("fail"))
            .await;
        answer.unwrap_err().to_string()
    };
    let (bare, relayed, record) = both(&pair, call).await;
    assert_eq!(relayed, bare);
    assert_eq!(record.status, Some(Status::Error));
    pair.assert_same_requests();
}
