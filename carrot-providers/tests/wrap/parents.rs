//! Where the spans of model calls hang.

use carrot_providers::scripted::{Reply, When};
use carrot_runtime::{InCurrentTrace, Site, Span};
use carrot_wire::Record;
use futures_util::StreamExt;
use serde_json::Value;

use crate::support::{Pair, all_recorded, chat, chat_stream};

static ASKS: Site = Site::new("asks");
static READS: Site = Site::new("reads");

fn named<'a>(records: &'a [Record], name: &str) -> &'a Record {
    let found = records
        .iter()
        .find(|record| record.name.as_deref() == Some(name));
    found.unwrap_or_else(|| panic!("no {name} in {records:?}"))
}

#[tokio::test]
async fn a_call_outside_of_any_span_is_a_root() {
    let pair = Pair::new(|it| it);
    let (answer, records) =
        all_recorded(pair.wrapped.chat().create_byot::<_, Value>(chat("Hi"))).await;
    answer.unwrap();
    assert_eq!((records.len(), records[0].parent_span_id), (1, None));
}

#[tokio::test]
async fn a_stream_belongs_to_the_span_it_was_asked_in() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("one two three")));
    let call = async {
        let ask = async {
            pair.wrapped
                .chat()
                .create_stream_byot::<_, Value>(chat_stream("Hi"))
                .await
                .unwrap()
        };
        let mut stream = Span::open(&ASKS).scope(ask, |_, _| {}).await;
        let read = async { while stream.next().await.is_some() {} };
        Span::open(&READS).scope(read, |_, ()| {}).await;
    };
    let ((), records) = all_recorded(call).await;
    let (asks, reads, call) = (
        named(&records, "asks"),
        named(&records, "reads"),
        named(&records, "chat.completions"),
    );
    assert_eq!((records.len(), call.parent_span_id), (3, asks.span_id));
    assert_eq!(call.trace_id, asks.trace_id);
    assert_ne!(reads.trace_id, asks.trace_id);
    assert_eq!(
        call.output.as_ref().unwrap().to_value()["message"]["content"],
        "one two three"
    );
}

#[tokio::test]
async fn parallel_calls_are_siblings() {
    let pair = Pair::new(|it| it);
    let call = async {
        let ask = async |text: &str| {
            pair.wrapped
                .chat()
                .create_byot::<_, Value>(chat(text))
                .await
                .unwrap()
        };
        futures_util::join!(ask("a"), ask("b"), ask("c"))
    };
    let (_, records) = all_recorded(async { Span::open(&ASKS).scope(call, |_, _| {}).await }).await;
    let asks = named(&records, "asks").span_id;
    let calls = records
        .iter()
        .filter(|record| record.parent_span_id == asks && asks.is_some());
    assert_eq!((records.len(), calls.count()), (4, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_in_a_task_that_took_its_trace_along() {
    let pair = Pair::new(|it| it);
    let call = async {
        let client = pair.wrapped.clone();
        let ask = async move {
            client
                .chat()
                .create_byot::<_, Value>(chat("Hi"))
                .await
                .unwrap()
        };
        tokio::spawn(ask.in_current_trace()).await.unwrap()
    };
    let (_, records) = all_recorded(async { Span::open(&ASKS).scope(call, |_, _| {}).await }).await;
    assert_eq!(
        named(&records, "chat.completions").parent_span_id,
        named(&records, "asks").span_id
    );
}
