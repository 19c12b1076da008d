//! Where the spans of calls hang.

use carrot_providers::scripted::{Reply, When};
use carrot_runtime::InCurrentTrace;
use futures_util::StreamExt;

use anthropic_ai_sdk::types::message::MessageClient;

use crate::pair::{self, all_recorded, message, named};
use crate::support::{asks, pair, whole};

#[tokio::test]
async fn a_stream_belongs_to_the_span_it_was_asked_in() {
    let pair = pair(|it| it.on(When::any(), Reply::text("one two three")));
    let asked = asks("Hi").with_stream(true);
    let call = async {
        let stream = pair::asks(pair.wrapped.create_message_streaming(&asked)).await;
        let mut stream = Box::pin(stream.unwrap());
        while stream.next().await.is_some() {}
    };
    let ((), records) = all_recorded(call).await;
    let (parent, call) = (named(&records, "asks"), named(&records, "messages"));
    assert_eq!((records.len(), call.parent_span_id), (2, parent.span_id));
    assert_eq!(message(call)["content"], "one two three");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_once_and_in_tasks_are_siblings() {
    let pair = pair(|it| it);
    let client = pair.wrapped.clone();
    let call = async {
        let task = tokio::spawn(async move { whole(&client, "c").await }.in_current_trace());
        let two = futures_util::join!(whole(&pair.wrapped, "a"), whole(&pair.wrapped, "b"));
        (two, task.await.unwrap())
    };
    let (((a, b), c), records) = all_recorded(pair::asks(call)).await;
    let texts = [a, b, c].map(|it| it.unwrap()["content"][0]["text"].clone());
    assert_eq!(texts, ["You said: a", "You said: b", "You said: c"]);
    let parent = named(&records, "asks").span_id;
    let calls = records.iter().filter(|it| it.parent_span_id == parent);
    assert_eq!((records.len(), calls.count()), (4, 3));
}
