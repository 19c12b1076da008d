//! Answers that come whole.

use std::io::{Cursor, Read};

use carrot_providers::scripted::{ModelServer, Reply, TokenUsage, When};
use carrot_runtime::{FnInCurrentTrace, span};
use carrot_wire::Status;
use serde_json::{Value, json};
use ureq::SendBody;

use crate::support::{Pair, answer, ask, chat, config, output, recorded, seen};

#[test]
fn a_call_is_recorded_and_nothing_is_changed() {
    let usage = TokenUsage {
        input: 10,
        output: 7,
        cached: 4,
        reasoning: 2,
        ..TokenUsage::default()
    };
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Grüße 🥕").usage(usage)));
    let (bare, wrapped, record) = pair.both(|agent, url| answer(agent, url, &chat("Hi")));
    assert_eq!(wrapped, bare);
    assert!(wrapped.is_ok(), "{wrapped:?}");
    pair.assert_same_requests();
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(record.name.as_deref(), Some("chat.completions"));
    assert_eq!(output(&record)["message"]["content"], "Grüße 🥕");
    assert_eq!(record.metadata["input_tokens"], 10);
    let input = record.input.unwrap().to_value();
    assert_eq!(input["messages"][0]["content"], "Hi");
}

#[test]
fn tool_calls() {
    let reply = || Reply::tool_call("look", r#"{"q":"Straße"}"#).and_tool_call("now", "{}");
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let (bare, wrapped, record) = pair.both(|agent, url| answer(agent, url, &chat("Hi")));
    assert_eq!(wrapped, bare);
    let message = &output(&record)["message"];
    assert_eq!(message["tool_calls"][0]["function"]["name"], "look");
    assert_eq!(record.metadata["finish_reason"], "tool_calls");
}

#[test]
fn bodies_of_any_size_and_kind_are_sent_as_they_are() {
    let pair = Pair::new(|it| it);
    for length in [0, 20_000, 300_000] {
        let body = chat(&"x".repeat(length)).to_string();
        let (bare, wrapped, record) = pair.both(|agent, url| {
            let request = agent.post(format!("{url}/chat/completions"));
            request.send(body.as_bytes()).map(seen).unwrap()
        });
        assert_eq!(wrapped, bare);
        assert_eq!(pair.sent().text, body);
        let input = record.input.unwrap().to_value();
        assert_eq!(input["messages"][0]["content"], "x".repeat(length));
    }
    pair.assert_same_requests();
}

#[test]
fn a_body_that_comes_piecemeal_passes_unseen() {
    let pair = Pair::new(|it| it);
    let body = chat("Hi").to_string();
    let (bare, wrapped, record) = pair.both(|agent, url| {
        let (first, rest) = body.split_at(10);
        let reader = Cursor::new(first.to_owned()).chain(Cursor::new(rest.to_owned()));
        let request = agent.post(format!("{url}/chat/completions"));
        let sent = request.send(SendBody::from_owned_reader(reader));
        sent.map(seen).unwrap()
    });
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();
    assert_eq!(pair.sent().header("transfer-encoding"), Some("chunked"));
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(output(&record)["message"]["content"], "You said: Hi");
}

#[test]
fn an_answer_is_read_in_every_way_that_ureq_has() {
    let pair = Pair::new(|it| it);
    let embed = json!({ "model": "m", "input": ["a", "b"] });
    let (bare, wrapped, record) = pair.both(|agent, url| {
        let url = format!("{url}/embeddings");
        agent
            .post(&url)
            .send_json(&embed)
            .unwrap()
            .body_mut()
            .read_json::<Value>()
            .unwrap()
    });
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(output(&record)["embeddings_count"], 2);

    let (bare, wrapped, _) = pair.both(|agent, url| {
        let mut answer = ask(agent, url, &chat("Hi")).unwrap();
        let kind = answer.body().mime_type().map(str::to_owned);
        (kind, answer.body_mut().read_to_string().unwrap())
    });
    assert_eq!(wrapped, bare);

    let (bare, wrapped, record) = pair.both(|agent, url| {
        let mut answer = ask(agent, url, &chat("Hi")).unwrap();
        let limited = answer.body_mut().with_config().limit(5).read_to_vec();
        limited.unwrap_err().to_string()
    });
    assert_eq!(wrapped, bare);
    // All of it had come all the same.
    assert_eq!(record.status, Some(Status::Success));
}

#[test]
fn other_requests_pass() {
    let server = ModelServer::start();
    let agent = carrot_providers::wrap(config().build().new_agent());
    let (answer, records) = recorded(|| agent.get(format!("{}/models", server.url())).call());
    assert_eq!(answer.unwrap().status(), 200);
    assert_eq!(records.len(), 0);
}

#[test]
fn two_calls_at_once_each_below_its_own_span() {
    let server = ModelServer::start();
    let url = server.url();
    let agent = carrot_providers::wrapper()
        .name("bot")
        .tags(["prod"])
        .wrap(config().build().new_agent());
    let (_, records) = recorded(|| {
        let call = |name: &'static str| {
            let _step = span(name);
            // The answer is read elsewhere than the call was made.
            let response = ask(&agent, &url, &chat(name)).unwrap();
            std::thread::spawn(move || seen(response)).join().unwrap()
        };
        let _root = span("root");
        std::thread::scope(|threads| {
            threads.spawn((|| call("one")).in_current_trace());
            threads.spawn((|| call("two")).in_current_trace());
        });
    });
    assert_eq!(records.len(), 5);
    for name in ["one", "two"] {
        let step = records
            .iter()
            .find(|it| it.name.as_deref() == Some(name))
            .unwrap();
        let call = records.iter().find(|it| it.parent_span_id == step.span_id);
        let call = call.unwrap();
        assert_eq!(call.name.as_deref(), Some("bot"));
        assert_eq!(call.tags, Some(vec!["prod".to_owned()]));
        assert_eq!(
            output(call)["message"]["content"],
            format!("You said: {name}")
        );
    }
}
