//! OpenTelemetry: its SDK, its batch processor, its OTLP exporter over HTTP.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use opentelemetry::trace::{Span as _, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::trace::{
    BatchConfig, BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider,
};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context as LayerContext, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::product::Said;
use crate::trees::{CONTEXT, QUESTION, STEPS};

/// Longer than any row takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Otel {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// As many spans as Carrot's queue holds, and larger batches.
pub(crate) fn tuned() -> BatchConfig {
    BatchConfigBuilder::default()
        .with_max_queue_size(200_000)
        .with_max_export_batch_size(4_096)
        .with_scheduled_delay(Duration::from_secs(1))
        .build()
}

impl Otel {
    pub(crate) fn start(url: &str, config: BatchConfig) -> Otel {
        // Carrot's part of this program leaves reqwest without a provider.
        let provider = rustls::crypto::ring::default_provider();
        provider.install_default().expect("none was installed");
        tracing_subscriber::registry().with(Told).init();

        // What the exporter takes by default; no proxy leads to this machine.
        let client = reqwest::blocking::Client::builder().no_proxy();
        let client = client.build().expect("a client");
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(format!("{url}/v1/traces"))
            .build()
            .expect("an endpoint");
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(config);
        let provider = SdkTracerProvider::builder().with_span_processor(processor.build());
        let provider = provider.build();
        Otel {
            tracer: provider.tracer("delivery"),
            provider,
        }
    }

    pub(crate) fn flush(&self) -> Said {
        Said {
            is_ok: self.provider.force_flush().is_ok(),
            dropped: None,
        }
    }

    /// What was dropped is told by a line of its log, at the end.
    pub(crate) fn shutdown(&self) -> Said {
        let is_ok = self.provider.shutdown_with_timeout(PATIENCE).is_ok();
        Said {
            is_ok,
            dropped: Some(DROPPED.load(Relaxed)),
        }
    }

    pub(crate) fn tree(&self, turn: u64) {
        let (question, context) = (black_box(QUESTION), black_box(CONTEXT));
        let request = self.begin("request", question, context, turn, &Context::new());
        let request = Context::new().with_span(request);
        let mut sum = 0_u64;
        for n in 0..STEPS {
            let turn = turn + n;
            let mut step = self.begin("step", question, context, turn, &request);
            let output = black_box(turn + (question.len() + context.len()) as u64);
            step.set_attribute(KeyValue::new("output", output as i64));
            step.end();
            sum = sum.wrapping_add(output);
        }
        let root = request.span();
        root.set_attribute(KeyValue::new("output", sum as i64));
        root.end();
    }

    /// Attributes own their strings.
    fn begin(
        &self,
        name: &'static str,
        question: &str,
        context: &str,
        turn: u64,
        parent: &Context,
    ) -> opentelemetry_sdk::trace::Span {
        let attributes = vec![
            KeyValue::new("question", question.to_owned()),
            KeyValue::new("context", context.to_owned()),
            KeyValue::new("turn", turn as i64),
        ];
        let span = self.tracer.span_builder(name).with_attributes(attributes);
        span.start_with_context(&self.tracer, parent)
    }

    /// The same tree without attributes.
    pub(crate) fn flat(&self, turn: u64) {
        let request = self.tracer.start_with_context("request", &Context::new());
        let request = Context::new().with_span(request);
        for n in 0..STEPS {
            let mut step = self.tracer.start_with_context("step", &request);
            black_box(turn + n);
            step.end();
        }
        request.span().end();
    }
}

/// What the batch processor's log says is lost.
static DROPPED: AtomicU64 = AtomicU64::new(0);

struct Told;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Told {
    fn on_event(&self, event: &tracing::Event<'_>, _: LayerContext<'_, S>) {
        event.record(&mut Dropped);
    }

    /// What it tells below that would cost it time.
    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(tracing::level_filters::LevelFilter::WARN)
    }
}

struct Dropped;

impl Visit for Dropped {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "dropped_span_count" {
            DROPPED.store(value, Relaxed);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
