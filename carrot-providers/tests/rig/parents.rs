//! Where the spans of model calls hang.

use carrot_providers::scripted::{Reply, When};
use carrot_runtime::{InCurrentTrace, Site, Span};
use carrot_wire::Record;
use futures_util::StreamExt;

use crate::support::{Pair, all_recorded, call, request};

static ASKS: Site = Site::new("asks");

fn named<'a>(records: &'a [Record], name: &str) -> &'a Record {
    let mut found = records.iter();
    let found = found.find(|record| record.name.as_deref() == Some(name));
    found.unwrap_or_else(|| panic!("no {name} in {records:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_belongs_where_it_was_first_polled() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("one two three")));
    let read = async {
        let mut stream = pair.wrapped.chat("m").stream(request("Hi")).unwrap();
        let ask = async { stream.next().await.unwrap().unwrap() };
        Span::open(&ASKS).scope(ask, |_, _| {}).await;
        let rest = tokio::spawn(stream.collect::<Vec<_>>());
        assert!(rest.await.unwrap().len() > 3);
    };
    let ((), records) = all_recorded(read).await;
    let (asks, call) = (named(&records, "asks"), named(&records, "chat.completions"));
    assert_eq!((records.len(), call.parent_span_id), (2, asks.span_id));
}

#[tokio::test]
async fn two_calls_at_once_are_siblings() {
    let pair = Pair::new(|it| it);
    let model = pair.wrapped.chat("m");
    let both = async { futures_util::join!(call(&model, "a"), call(&model, "b")) };
    let (_, records) = all_recorded(async { Span::open(&ASKS).scope(both, |_, _| {}).await }).await;
    let asks = named(&records, "asks").span_id;
    let calls = records.iter();
    let calls = calls.filter(|record| record.parent_span_id == asks && asks.is_some());
    assert_eq!((records.len(), calls.count()), (3, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_in_a_task_that_took_its_trace_along() {
    let pair = Pair::new(|it| it);
    let model = pair.wrapped.chat("m");
    let ask = async {
        let ask = async move { call(&model, "Hi").await.unwrap() };
        tokio::spawn(ask.in_current_trace()).await.unwrap()
    };
    let (_, records) = all_recorded(async { Span::open(&ASKS).scope(ask, |_, _| {}).await }).await;
    assert_eq!(
        named(&records, "chat.completions").parent_span_id,
        named(&records, "asks").span_id
    );
}
