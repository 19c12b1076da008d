//! Where the spans of calls hang.

use carrot_providers::scripted::{Reply, When};
use carrot_runtime::InCurrentTrace;

use crate::pair::{all_recorded, asks, message, named};
use crate::support::{items, pair, request};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_belongs_to_the_span_it_was_asked_in() {
    let pair = pair(|it| it.on(When::any(), Reply::text("one two three")));
    let wrapped = &pair.wrapped;
    let call = async {
        let stream = wrapped
            .client
            .exec_chat_stream(wrapped.target.clone(), request("Hi"), None);
        let stream = asks(stream).await;
        // It is read elsewhere, by a task that knows nothing of the trace.
        tokio::spawn(items(stream)).await.unwrap();
    };
    let ((), records) = all_recorded(call).await;
    let (parent, call) = (named(&records, "asks"), named(&records, "chat.completions"));
    assert_eq!((records.len(), call.parent_span_id), (2, parent.span_id));
    assert_eq!(message(call)["content"], "one two three");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_once_and_in_tasks_are_siblings() {
    let pair = pair(|it| it);
    let ask = |text: &'static str| {
        let (client, target) = (pair.wrapped.client.clone(), pair.wrapped.target.clone());
        async move { client.exec_chat(target, request(text), None).await.unwrap() }
    };
    let call = async {
        let task = tokio::spawn(ask("c").in_current_trace());
        let answers = futures_util::join!(ask("a"), ask("b"));
        (answers, task.await.unwrap())
    };
    let (((a, b), c), records) = all_recorded(asks(call)).await;
    let texts = [&a, &b, &c].map(|it| it.first_text().unwrap());
    assert_eq!(texts, ["You said: a", "You said: b", "You said: c"]);
    let parent = named(&records, "asks").span_id;
    let calls = records.iter().filter(|it| it.parent_span_id == parent);
    assert_eq!((records.len(), calls.count()), (4, 3));
}

#[tokio::test]
async fn a_call_outside_of_any_span_is_a_root() {
    let pair = pair(|it| it);
    let wrapped = &pair.wrapped;
    let call = wrapped
        .client
        .exec_chat(wrapped.target.clone(), request("Hi"), None);
    let (answer, records) = all_recorded(call).await;
    answer.unwrap();
    assert_eq!((records.len(), records[0].parent_span_id), (1, None));
}
