//! What is taken from a budget where an answer does not come to its end, or tells no tokens.

use std::time::Duration;

use carrot_providers::scripted::{Builder, Reply, TokenUsage, When};
use carrot_runtime::budget;
use futures_util::FutureExt;
use serde_json::Value;

use crate::support::{Asker, Pair, chat, chat_stream, recorded};

/// What a budget counts for calls: it is asked by one more call, with a ceiling of one token.
async fn counted(asker: &Asker, calls: impl Future<Output = ()>) -> Option<u64> {
    let within = async {
        calls.await;
        asker.send(&chat("one more")).await.err()
    };
    let refused = budget().max_tokens(1).scope(within).await?.to_string();
    let used = refused.split_once("is 1, and ")?.1.split_once(' ')?.0;
    Some(used.parse().unwrap())
}

fn asker(reply: impl Fn() -> Reply) -> Asker {
    let script = |it: Builder| it.on(When::says("ask"), reply());
    Pair::new(script).wrapped
}

const USAGE: TokenUsage = TokenUsage {
    input: 30,
    output: 12,
    cached: 0,
    cache_write: 0,
    reasoning: 0,
};

#[tokio::test]
async fn answers_of_more_than_is_kept_tell_their_tokens_at_their_end() {
    let asker = asker(|| Reply::long(18 << 20).usage(USAGE));
    for request in [chat("ask"), chat_stream("ask")] {
        let ask = async { drop(asker.ask(&request).await.unwrap()) };
        assert_eq!(counted(&asker, ask).await, Some(42), "{request}");
    }
    let (_, record) = recorded(asker.ask(&chat("ask"))).await;
    assert_eq!(record.metadata["truncated"], true);
    assert_eq!(record.metadata["total_tokens"], 42);
}

#[tokio::test]
async fn a_stream_that_tells_no_tokens_counts_by_its_length() {
    let asker = asker(|| Reply::text("four".repeat(100)));
    let mut request = chat_stream("ask");
    request["stream_options"] = Value::Null;
    let ask = async { drop(asker.ask(&request).await.unwrap()) };
    // 100 of the answer; the model's name, the role and the question.
    assert_eq!(counted(&asker, ask).await, Some(100 + 5));
}

#[tokio::test]
async fn a_stream_that_is_dropped_early_counts_as_far_as_it_came() {
    let text = "word ".repeat(100);
    let held = || Reply::text(&text).usage(USAGE).held();
    let (reply, hold) = held();
    let asker = asker(|| reply.clone());
    hold.release(11);
    let request = chat_stream("ask");
    let ask = async {
        let mut response = asker.send(&request).await.unwrap();
        let mut seen = 0;
        while seen < 10 {
            let chunk = response.chunk().await.unwrap().unwrap();
            seen += String::from_utf8(chunk.to_vec())
                .unwrap()
                .matches("word")
                .count();
        }
    };
    let counted = counted(&asker, ask).await.unwrap();
    assert!(
        (12..=18).contains(&(counted - 5)),
        "ten words of 50 bytes: {counted}"
    );
}

#[tokio::test]
async fn a_call_that_is_given_up_counts_what_it_asked() {
    let asker = asker(|| Reply::text("late").delay(Duration::from_secs(60)));
    let request = chat(&"ask ".repeat(1_000));
    let ask = async {
        let mut call = Box::pin(asker.send(&request));
        // Until the server has it.
        while asker.server.requests().is_empty() {
            assert!(call.as_mut().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(counted(&asker, ask).await, Some(1_000 + 4));
}

#[tokio::test]
async fn a_call_that_was_never_sent_or_failed_counts_nothing() {
    let asker = asker(|| Reply::error(500, "broken"));
    let gone = Pair::new(|it| it).wrapped.server.url();
    let ask = async {
        drop(asker.ask(&chat("ask")).await.unwrap());
        let client = &asker.client;
        crate::support::post(client, &gone, &chat("ask"))
            .await
            .unwrap_err();
    };
    assert_eq!(counted(&asker, ask).await, None);
}
