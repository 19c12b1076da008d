//! rig's own `tracing` spans beside ours. A process of its own: the subscriber is for all of it.

use carrot_providers::scripted::{ModelServer, Reply, TokenUsage, When};
use carrot_runtime::testing::{Traces, capture_async};
use rig_core::providers::openai::OpenAIConfig;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::test]
async fn tokens_of_a_call_that_rig_traces_too_count_once() {
    carrot_providers::tls::install_ring();
    let usage = TokenUsage {
        input: 10,
        output: 7,
        ..TokenUsage::default()
    };
    let server = ModelServer::builder()
        .on(When::any(), Reply::text("Hello").usage(usage))
        .start();
    let config = OpenAIConfig::new("sk-test").with_base_url(server.url());
    let model = carrot_providers::wrap(config.client()).chat("gpt-4o-mini");
    let registry = tracing_subscriber::registry().with(carrot_runtime::tracing_layer());
    registry.init();

    let whole = capture_async(async { model.call("Hi").await.unwrap() }).await;
    assert_once(&whole);
    let streamed = capture_async(async {
        let stream = model.stream("Hi").unwrap();
        stream.finish().await.unwrap()
    });
    assert_once(&streamed.await);
}

fn assert_once(traces: &Traces) {
    let drawn = traces.render();
    let [call, rig] = traces.records() else {
        panic!("{drawn}");
    };
    assert_eq!(call.parent_span_id, rig.span_id, "{drawn}");
    for span in [call, rig] {
        assert_eq!(span.metadata["input_tokens"], 10, "both say it: {drawn}");
    }
    assert_eq!((traces.input_tokens(), traces.output_tokens()), (10, 7));
}
