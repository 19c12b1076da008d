//! Exporters that users bring: good ones, and others.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use opentelemetry_otlp::{SpanExporter as Theirs, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{InMemorySpanExporterBuilder, SpanData, SpanExporter};

use super::*;

/// Does what it is told, on the n-th batch.
struct Scripted {
    script: Box<dyn Fn(usize) -> OTelSdkResult + Send + Sync>,
    batches: AtomicUsize,
    flushed: Arc<AtomicUsize>,
    shut: Arc<AtomicBool>,
    service: Arc<Mutex<String>>,
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

impl Scripted {
    fn new(script: impl Fn(usize) -> OTelSdkResult + Send + Sync + 'static) -> Scripted {
        Scripted {
            script: Box::new(script),
            batches: AtomicUsize::new(0),
            flushed: Arc::default(),
            shut: Arc::default(),
            service: Arc::default(),
        }
    }
}

impl SpanExporter for Scripted {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        (self.script)(self.batches.fetch_add(1, Ordering::Relaxed))
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flushed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.shut.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        let name = resource.get(&opentelemetry::Key::new("service.name"));
        *self.service.lock().unwrap() = name.unwrap().to_string();
    }
}

#[track_caller]
fn retry(outcome: Outcome) -> String {
    match outcome {
        Outcome::Retry { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_in_memory_gets_every_span() {
    let memory = InMemorySpanExporterBuilder::new().build();
    let sink = sink(Otlp::exporter("memory", memory.clone()));
    assert_eq!(sink.name(), "memory");
    let outcome = sink.send(&records(3)).await;
    assert!(matches!(outcome, Outcome::Delivered { refused } if refused.is_empty()));
    let spans = memory.get_finished_spans().unwrap();
    assert_eq!(spans.len(), 3);
    assert_eq!(spans[0].span_context.trace_id().to_string(), TRACE);
    assert_eq!(spans[2].name, "step");
}

#[tokio::test]
async fn it_is_flushed_told_of_the_resource_and_shut_down() {
    let exporter = Scripted::new(|_| Ok(()));
    let (flushed, shut) = (exporter.flushed.clone(), exporter.shut.clone());
    let service = exporter.service.clone();
    let sink = sink(Otlp::exporter("mine", exporter));
    assert!(matches!(
        sink.send(&records(1)).await,
        Outcome::Delivered { .. }
    ));
    assert_eq!(flushed.load(Ordering::Relaxed), 1);
    assert!(!service.lock().unwrap().starts_with("unknown"));
    sink.close().await;
    assert!(shut.load(Ordering::Relaxed));
    assert!(retry(sink.send(&records(1)).await).contains("mine"));
}

#[tokio::test]
async fn errors_and_panics_are_tried_again() {
    let sink = sink(Otlp::exporter(
        "mine",
        Scripted::new(|number| match number {
            0 => Err(OTelSdkError::InternalFailure("no\nroute".repeat(100))),
            1 => std::panic::resume_unwind(Box::new("quietly")),
            _ => Ok(()),
        }),
    ));
    let why = retry(sink.send(&records(1)).await);
    assert!(
        why.starts_with("mine failed: Operation failed: no route"),
        "{why}"
    );
    assert!(why.len() < 300, "{why}");
    assert_eq!(
        retry(sink.send(&records(1)).await),
        "mine failed: it panicked"
    );
    assert!(matches!(
        sink.send(&records(1)).await,
        Outcome::Delivered { .. }
    ));
}

/// The runtime here has one thread, as the exporter's own: it goes on while an exporter blocks.
#[tokio::test]
async fn one_that_hangs_holds_up_nobody_else() {
    let (let_go, hang) = mpsc::channel::<()>();
    let (hangs, seen) = tokio::sync::oneshot::channel();
    let (hang, hangs) = (Mutex::new(hang), Mutex::new(Some(hangs)));
    let exported = Arc::new(AtomicUsize::new(0));
    let count = exported.clone();
    let slow = sink(Otlp::exporter(
        "slow",
        Scripted::new(move |number| {
            if number == 0 {
                let _ = hangs.lock().unwrap().take().unwrap().send(());
                let _ = hang.lock().unwrap().recv();
            }
            count.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }),
    ));
    let batch = records(1);
    let mut sending = Box::pin(slow.send(&batch));
    tokio::select! {
        outcome = &mut sending => panic!("{outcome:?}"),
        seen = seen => seen.unwrap(),
    }
    let receiver = Receiver::answering(|_| Answer::Taken).await;
    let other = sink(to(&receiver)).send(&batch).await;
    assert!(matches!(other, Outcome::Delivered { .. }));
    // Given up by its caller; one behind it is given up too, and never exported.
    drop(sending);
    let waiting = tokio::time::timeout(Duration::from_millis(1), slow.send(&batch));
    assert!(waiting.await.is_err());
    let_go.send(()).unwrap();
    assert!(matches!(slow.send(&batch).await, Outcome::Delivered { .. }));
    assert_eq!(
        exported.load(Ordering::Relaxed),
        2,
        "the first and the last"
    );
}

/// OpenTelemetry's own exporter, with a client that blocks, and with one that needs a runtime.
#[tokio::test]
async fn opentelemetry_s_own_works_with_every_client() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let receiver = Receiver::answering(|_| Answer::Taken).await;
    let endpoint = format!("{}/v1/traces", receiver.url());
    // It may only be made where no runtime is.
    let blocking = std::thread::spawn(|| {
        let client = reqwest::blocking::Client::builder();
        client.no_proxy().build().unwrap()
    });
    let blocking = blocking.join().unwrap();
    let asynchronous = reqwest::Client::builder().no_proxy().build().unwrap();
    let theirs = || Theirs::builder().with_http().with_endpoint(&endpoint);
    let exporters = [
        theirs().with_http_client(blocking).build().unwrap(),
        theirs().with_http_client(asynchronous).build().unwrap(),
    ];
    for (place, exporter) in exporters.into_iter().enumerate() {
        let sink = sink(Otlp::exporter("theirs", exporter));
        let outcome = sink.send(&records(2)).await;
        assert!(
            matches!(&outcome, Outcome::Delivered { .. }),
            "{place}: {outcome:?}"
        );
        sink.close().await;
        assert_eq!(receiver.spans().len(), 2 * (place + 1));
    }
}
