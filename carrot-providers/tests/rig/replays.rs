//! Calls that are answered from a recording or refused, with no server asked.

use carrot_providers::scripted::{Builder, Reply, When};
use carrot_providers::{recorder, wrap};
use carrot_runtime::budget;
use carrot_wire::{Record, Status};
use rig_core::providers::openai::OpenAI;

use crate::support::{Pair, all_recorded, call, error, recorded, stream};

fn script(builder: Builder) -> Builder {
    builder
        .on(When::says("fail"), Reply::error(400, "no such thing"))
        .on(When::says("tool"), Reply::tool_call("look", r#"{"q":1}"#))
}

/// What the user sees of a few calls, whole and streamed.
async fn calls(client: &OpenAI) -> Vec<String> {
    let (chat, responses) = (client.chat("gpt-4o-mini"), client.responses("gpt-4o-mini"));
    let mut seen = Vec::new();
    for says in ["hi", "hi", "fail", "tool"] {
        seen.push(format!("{:?}", call(&chat, says).await));
        seen.extend(stream(&chat, says).await);
        seen.push(format!("{:?}", call(&responses, says).await));
        seen.extend(stream(&responses, says).await);
    }
    seen
}

#[tokio::test]
async fn a_recorded_run_is_answered_again_without_its_server() {
    let pair = Pair::new(script);
    let client = pair.wrapped.clone();
    let recorder = recorder();
    let (live, records) = all_recorded(recorder.scope(calls(&client))).await;
    let recording = recorder.finish();
    assert_eq!(recording.len(), 16);
    drop(pair);

    let (again, records_again) = all_recorded(recording.replay().scope(calls(&client))).await;
    assert_eq!(again, live);
    let said = |it: &Record| {
        let metadata = ["model", "input_tokens", "finish_reason", "response_id"]
            .map(|key| it.metadata.get(key).cloned());
        (it.status, it.output.clone(), metadata)
    };
    assert_eq!(
        records_again.iter().map(said).collect::<Vec<_>>(),
        records.iter().map(said).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_recorded_cut_breaks_again() {
    let cut = || Reply::text("one two three").cut_after(1);
    let pair = Pair::new(|it| it.on(When::any(), cut()));
    let recorder = recorder();
    let both = async |client: &OpenAI| {
        let model = client.chat("m");
        (call(&model, "Hi").await, stream(&model, "Hi").await)
    };
    let live = recorder.scope(both(&pair.wrapped)).await;
    let replay = recorder.finish().replay();
    let ((whole, streamed), records) = all_recorded(replay.scope(both(&pair.wrapped))).await;
    assert!(whole.unwrap_err().contains("replayed: "));
    assert_eq!(streamed.len(), live.1.len());
    assert!(
        streamed.last().unwrap().contains("replayed: "),
        "{streamed:?}"
    );
    let statuses: Vec<_> = records.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [Some(Status::Error); 2]);
}

#[tokio::test]
async fn a_request_that_was_not_recorded_is_an_error_of_rig() {
    let pair = Pair::new(|it| it);
    let recorder = recorder();
    let model = pair.wrapped.chat("m");
    recorder.scope(call(&model, "hi")).await.unwrap();
    let replay = recorder.finish().replay();
    let (refused, record) = recorded(replay.scope(call(&model, "ho"))).await;
    let words = refused.unwrap_err();
    assert!(
        words.contains("no recorded answer fits POST /v1/chat/completions"),
        "{words}"
    );
    assert_eq!(error(&record).0, "recording");
    assert_eq!(pair.wrapped_server.requests().len(), 1, "it was not sent");
}

#[tokio::test]
async fn a_call_over_the_budget_is_refused_before_it_is_sent() {
    let server = Pair::new(|it| it).wrapped_server;
    let client = wrap(crate::support::openai(&server));
    let calls = async {
        call(&client.chat("m"), "a").await.unwrap();
        let whole = call(&client.chat("m"), "b").await.unwrap_err();
        (whole, stream(&client.chat("m"), "c").await)
    };
    let ((whole, streamed), records) = all_recorded(budget().max_steps(1).scope(calls)).await;
    let refused = error(&records[1]);
    assert_eq!(refused.0, "budget");
    assert!(whole.contains(refused.1), "{whole}");
    assert!(streamed[0].contains(refused.1), "{streamed:?}");
    assert_eq!(server.requests().len(), 1, "nothing more was sent");
}
