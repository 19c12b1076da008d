//! Clients with default options, which calls must not lose.

use std::sync::{Arc, Mutex};

use carrot_providers::scripted::{Reply, When};
use carrot_wire::Status;
use genai::ClientConfig;
use genai::chat::ChatOptions;
use serde_json::{Value, json};

use crate::pair::{input, message};
use crate::support::{both, both_streams, configured, request};

type Heard = Arc<Mutex<Vec<String>>>;

fn config(heard: &Heard) -> impl Fn() -> ClientConfig {
    let heard = heard.clone();
    move || {
        let heard = heard.clone();
        let options = ChatOptions::default()
            .with_stop_sequences(vec!["END".to_owned()])
            .with_capture_raw_body(true)
            .with_capture_usage(true)
            .with_raw_frame_fn(move |_, frame| heard.lock().unwrap().push(frame.data.to_owned()));
        ClientConfig::default().with_chat_options(options)
    }
}

fn value(item: impl serde::Serialize) -> Value {
    serde_json::to_value(item).unwrap()
}

#[tokio::test]
async fn of_a_configuration_are_kept_and_recorded() {
    let heard = Heard::default();
    let pair = configured(
        |it| it.on(When::any(), Reply::text("one two")),
        config(&heard),
        false,
    );
    let (bare, wrapped, record) = both!(pair, exec_chat(request("Hi"), None));
    assert_eq!(value(wrapped.unwrap()), value(bare.unwrap()));
    assert_eq!(input(&record)["stop_sequences"], json!(["END"]));
    assert_eq!(message(&record)["content"], "one two");

    let (bare, wrapped, record) = both_streams!(pair, request("Hi"), None);
    assert_eq!(wrapped, bare);
    assert_eq!(message(&record)["content"], "one two");
    let heard = heard.lock().unwrap();
    let (of_bare, of_wrapped) = heard.split_at(heard.len() / 2);
    assert_eq!(of_wrapped, of_bare);
    assert!(!of_bare.is_empty());
    assert_eq!(pair.sent()[0].body["stop"], json!(["END"]));
    pair.assert_same_requests();
}

#[tokio::test]
async fn of_a_client_are_kept() {
    let heard = Heard::default();
    let pair = configured(
        |it| it.on(When::any(), Reply::text("one two")),
        config(&heard),
        true,
    );
    let (bare, wrapped, record) = both!(pair, exec_chat(request("Hi"), None));
    assert_eq!(value(wrapped.unwrap()), value(bare.unwrap()));
    assert_eq!(
        message(&record)["content"],
        "one two",
        "told from genai's own types"
    );

    let (bare, wrapped, record) = both_streams!(pair, request("Hi"), None);
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Success));
    let heard = heard.lock().unwrap();
    let (of_bare, of_wrapped) = heard.split_at(heard.len() / 2);
    assert_eq!(of_wrapped, of_bare);
    pair.assert_same_requests();
}
