//! What a program redacts is redacted in its recordings too. A process of its own, since redaction is set once in each.

use std::fs;

use carrot_providers::scripted::ModelServer;
use carrot_providers::{Recording, recorder, wrap};
use reqwest_middleware::ClientWithMiddleware;
use serde_json::json;

/// What the user sees of a call.
async fn ask(client: &ClientWithMiddleware, base: &str, text: &str, is_stream: bool) -> String {
    let message = json!({ "role": "user", "content": text });
    let body =
        json!({ "model": "m", "stream": is_stream, "messages": [message], "ssn": "078-05-1120" });
    let request = client.post(format!("{base}/chat/completions"));
    let answer = request.body(body.to_string()).send().await.unwrap();
    answer.text().await.unwrap()
}

#[tokio::test]
async fn recordings_are_redacted_and_answer_all_the_same() {
    carrot_providers::tls::install_ring();
    let folder = tempfile::tempdir().unwrap();
    let (spans, file) = (
        folder.path().join("spans"),
        folder.path().join("agent.json"),
    );
    let carrot = carrot_runtime::builder()
        .base_url(format!("file:{}", spans.display()))
        .redact_names(["ssn"])
        .redact_pattern(r"sk-\w+")
        .redact(|event| {
            let text = &mut event.input["messages"][0]["content"];
            if let Some(said) = text.as_str() {
                *text = said.replace("Alice", "somebody").into();
            }
        })
        .init()
        .unwrap();

    let server = ModelServer::start();
    let (base, client) = (server.url(), wrap(reqwest::Client::new()));
    let recorder = recorder();
    recorder
        .scope(async {
            ask(&client, &base, "Is it sk-1?", false).await;
            ask(&client, &base, "Is it Alice?", false).await;
            ask(&client, &base, "Nothing secret", true).await
        })
        .await;
    recorder.finish().save(&file).unwrap();
    drop((carrot, server));
    let (sent, written) = (
        fs::read_to_string(spans).unwrap(),
        fs::read_to_string(&file).unwrap(),
    );
    for secret in ["sk-1", "078-05-1120"] {
        assert!(!sent.contains(secret), "{sent}");
        assert!(!written.contains(secret), "{written}");
    }
    assert!(written.contains("Is it somebody?"), "{written}");

    let replay = Recording::load(&file).unwrap().replay();
    let (first, second, third) = replay
        .scope(async {
            (
                ask(&client, &base, "Is it sk-other?", false).await,
                ask(&client, &base, "Is it Alice?", false).await,
                ask(&client, &base, "Nothing secret", true).await,
            )
        })
        .await;
    assert!(first.contains("You said: Is it [redacted]?"), "{first}");
    // The answer is the model's own, and this hook looks at no answers.
    assert!(second.contains("You said: Is it Alice?"), "{second}");
    assert!(third.ends_with("data: [DONE]\n\n"), "{third}");
}
