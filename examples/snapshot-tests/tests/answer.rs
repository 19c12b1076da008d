//! What `answer` does, held by its traces.

mod support;

use carrot_ai::testing::{capture, capture_async, capture_output};
use snapshot_tests::{answer, order_status};
use support::model;

const QUESTION: &str = "Where is my parcel, order 2024?";

/// The shape of a run: which steps, in which order, with which model and how many tokens.
#[tokio::test]
async fn an_order_is_looked_up() {
    let model = model(2024, "It is on its way.");
    let (text, traces) = capture_output(answer(&model.client, QUESTION)).await;
    assert_eq!(text.unwrap(), "It is on its way.");
    traces.assert_no_errors();
    insta::assert_snapshot!(traces.render(), @"
    answer · agent
    ├─ search · retrieval
    ├─ search · retrieval
    ├─ chat.completions · gpt-4o-mini  120 → 15 tok  $0.000027
    ├─ order_status · tool call
    └─ chat.completions · gpt-4o-mini  160 → 20 tok  $0.000036
    ");
}

/// All that was recorded, in `snapshots/answer__everything.snap`.
#[tokio::test]
async fn everything_is_as_it_was() {
    let model = model(2024, "It is on its way.");
    let traces = capture_async(answer(&model.client, QUESTION)).await;
    insta::assert_yaml_snapshot!("everything", traces);
}

/// A tool that fails fails its own step, and the pipeline goes on.
#[tokio::test]
async fn an_unknown_order_is_told_to_the_model() {
    let model = model(9999, "I cannot find that order.");
    let traces = capture_async(answer(&model.client, "Where is my parcel, order 9999?")).await;

    let tool = &traces["order_status"];
    assert_eq!(tool.status(), "error");
    assert_eq!(tool.error().unwrap().message, "there is no order 9999");
    assert_eq!(traces["answer"].status(), "success");

    let last = *traces.find_all("chat.completions").last().unwrap();
    let messages = last.input()["messages"].as_array().unwrap();
    let told = messages.last().unwrap()["content"].as_str();
    assert_eq!(told, Some(r#"{"error":"there is no order 9999"}"#));
}

/// A change that makes the prompt longer, or asks once more, is seen before the bill is.
#[tokio::test]
async fn a_question_stays_within_its_budget() {
    let model = model(2024, "It is on its way.");
    let traces = capture_async(answer(&model.client, QUESTION)).await;
    assert!(traces.total_tokens() <= 350, "{}", traces.render());
    assert!(traces.cost_usd().unwrap() < 0.001, "{}", traces.render());
    assert_eq!(traces.find_all("chat.completions").len(), 2);
}

/// Steps that run at the same time may end in any order; a snapshot sorts them.
#[tokio::test(flavor = "multi_thread")]
async fn both_sources_are_searched_first() {
    let model = model(2024, "It is on its way.");
    let traces = capture_async(answer(&model.client, QUESTION)).await;
    traces.assert_order([
        "search",
        "chat.completions",
        "order_status",
        "chat.completions",
    ]);
    let searches = traces.find_all("search");
    let sources: Vec<_> = searches
        .iter()
        .map(|span| &span.input()["source"])
        .collect();
    assert_eq!(sources, ["faq", "handbook"]);
    assert_eq!(searches[1].output()[0]["score"], 1);
}

/// Code that is not async.
#[test]
fn a_tool_alone() {
    let traces = capture(|| order_status(r#"{"number": 1200}"#));
    insta::assert_yaml_snapshot!(traces, @r#"
    - name: order_status
      kind: tool_call
      status: success
      input:
        arguments: "{\"number\": 1200}"
      output:
        number: 1200
        state: delivered
    "#);
}

#[test]
fn arguments_of_another_shape_are_refused() {
    let traces = capture(|| order_status("{}"));
    let error = traces["order_status"].error().unwrap();
    insta::assert_yaml_snapshot!(error, @r#"
    message: "the model's arguments are not what was asked for"
    type: "anyhow::Error"
    chain:
      - "missing field `number` at line 1 column 2"
    "#);
}
