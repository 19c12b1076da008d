//! Calls that are answered from a recording, with the upstream stopped, and calls that are refused.

use carrot_providers::recorder;
use carrot_providers::scripted::{Reply, When};
use carrot_wire::Record;
use gemini_rust::Gemini;
use ollama_rs::Ollama;
use ollama_rs::generation::chat::ChatMessage;
use ollama_rs::generation::chat::request::ChatMessageRequest;
use serde_json::Value;

use crate::support::{Pair, Seen, chat, chat_stream, name, post, recorded};

fn pair() -> Pair {
    Pair::new(|it| {
        it.on(When::says("fail"), Reply::error(429, "slow down"))
            .on(When::says("cut"), Reply::text("one two three").cut_after(2))
    })
}

/// What the user sees of a few calls, whole and streamed.
fn calls(origin: &str) -> Vec<Seen> {
    let relay = carrot_providers::relay(origin).unwrap();
    let url = format!("{}/v1/chat/completions", relay.url());
    let requests = [
        chat("hi"),
        chat("hi"),
        chat("fail"),
        chat_stream("hi"),
        chat_stream("cut"),
    ];
    requests.iter().map(|request| post(&url, request)).collect()
}

fn said(records: &[Record]) -> Vec<impl PartialEq + std::fmt::Debug + use<>> {
    let said = |it: &Record| {
        let metadata = ["model", "input_tokens", "finish_reason", "response_id"];
        let metadata = metadata.map(|key| it.metadata.get(key).cloned());
        (name(it).to_owned(), it.status, it.output.clone(), metadata)
    };
    records.iter().map(said).collect()
}

#[test]
fn a_recorded_run_is_answered_again_without_its_upstream() {
    let pair = pair();
    let origin = pair.relayed.origin();
    let recorder = recorder();
    let (live, records) = recorded(|| recorder.run(|| calls(&origin)));
    let recording = recorder.finish();
    assert_eq!(recording.len(), 5);
    assert!(live[4].is_broken);
    drop(pair);
    let (again, replayed) = recorded(|| recording.replay().run(|| calls(&origin)));
    assert_eq!(again, live);
    assert_eq!(said(&replayed), said(&records));
}

#[tokio::test]
async fn a_refused_call_says_so_in_each_clients_own_error() {
    let pair = pair();
    let relay = carrot_runtime::budget().max_steps(1).run(|| pair.relay());
    let url = relay.url().to_owned();
    let asked = tokio::task::spawn_blocking({
        let url = format!("{url}/v1/chat/completions");
        move || (post(&url, &chat("Hi")), post(&url, &chat("Hi")))
    });
    let (first, second) = asked.await.unwrap();
    assert_eq!((first.status, second.status), (200, 403));
    let body: Value = serde_json::from_slice(&second.body).unwrap();
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("max_steps"), "{message}");
    assert_eq!(body["type"], "error");

    let base = format!("{url}/v1beta/").parse().unwrap();
    let gemini = Gemini::with_model_and_base_url("key", gemini_rust::Model::Gemini25Flash, base);
    let request = gemini.unwrap().generate_content().with_user_message("Hi");
    let error = request.execute().await.unwrap_err();
    assert!(format!("{error:?}").contains(message), "{error:?}");

    let ollama = Ollama::try_new(format!("{url}/")).unwrap();
    let message_in = ChatMessage::user("Hi".to_owned());
    let request = ChatMessageRequest::new("llama3.2".to_owned(), vec![message_in]);
    let error = ollama
        .send_chat_messages(request)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains(message), "{error}");
    assert_eq!(
        pair.relayed.requests().len(),
        1,
        "none but the first was sent"
    );
}
