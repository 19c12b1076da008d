//! In steady state a span allocates nothing on the traced thread.

use std::pin::pin;
use std::sync::{Barrier, LazyLock};
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use carrot_runtime::{Site, Span};

static ROOT: Site = Site::new("root");
static CHILD: Site = Site::new("child");

/// Some 2 KB of a prompt.
static LONG: LazyLock<String> = LazyLock::new(|| "all plain but for this:\n".repeat(80));

fn with_values(n: u64, text: &str) -> u64 {
    let mut span = Span::open(&CHILD);
    span.input(|fields| {
        fields.field("n", |value| value.serialize(&n));
        fields.field("text", |value| value.serialize(text));
        fields.field("list", |value| value.serialize(&[(n, text, 0.5)]));
        fields.field("long", |value| value.serialize(&*LONG));
    });
    let done = |span: &mut Span, result: &u64| span.output(|value| value.serialize(result));
    span.run(|| n + text.len() as u64, done)
}

async fn yields_once() {
    let mut yielded = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut yielded, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// One of each kind: flat, nested, with values, async.
fn tree() {
    let root = Span::open(&ROOT);
    root.attach(|| {
        for n in 0..100 {
            Span::open(&CHILD).run(|| Span::open(&CHILD).run(|| (), |_, ()| {}), |_, ()| {});
            with_values(n, "some text with a \"quote\"");
            let mut future = pin!(Span::open(&CHILD).scope(yields_once(), |_, ()| {}));
            let mut context = Context::from_waker(Waker::noop());
            while future.as_mut().poll(&mut context).is_pending() {}
        }
    });
    root.end();
}

#[test]
fn a_span_allocates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("traces.jsonl");
    let builder = carrot_runtime::builder().base_url(format!("file://{}", file.display()));
    let _guard = builder
        .flush_timeout(std::time::Duration::from_secs(60))
        .init();
    fill_the_pool();
    let mut allocated = Vec::new();
    for _ in 0..30 {
        // Many chunks' worth, so that beginning one counts too.
        let info = measure(|| (0..20).for_each(|_| tree()));
        allocated.push(info.count_total);
        assert!(carrot_runtime::flush().is_complete());
    }
    assert_eq!(allocated[5..], [0; 25], "{allocated:?}");
}

/// More chunks than a round needs, each allocated once: threads hold them at the same time.
fn fill_the_pool() {
    let together = Barrier::new(64);
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                Span::open(&ROOT).run(|| (), |_, ()| {});
                together.wait();
            });
        }
    });
    assert!(carrot_runtime::flush().is_complete());
}
