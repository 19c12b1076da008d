//! rig's own `tracing` spans beside ours.

use carrot_providers::scripted::{Reply, TokenUsage, When};
use carrot_runtime::testing::capture_output;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::support::{Pair, call, stream};

#[tokio::test]
async fn tokens_of_a_call_that_rig_traces_too_count_once() {
    let usage = TokenUsage {
        input: 10,
        output: 7,
        cached: 0,
        reasoning: 0,
    };
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Hello").usage(usage)));
    let model = pair.wrapped.chat("gpt-4o-mini");
    let registry = tracing_subscriber::registry().with(carrot_runtime::tracing_layer());
    let _tracing = registry.set_default();

    let (answer, traces) = capture_output(call(&model, "Hi")).await;
    answer.unwrap();
    let calls = traces.records();
    assert_eq!(calls.len(), 2, "{}", traces.render());
    let repeats = calls
        .iter()
        .filter(|it| it.metadata.contains_key("input_tokens"));
    assert_eq!(
        repeats.count(),
        2,
        "rig repeats the tokens: {}",
        traces.render()
    );
    assert_eq!((traces.input_tokens(), traces.output_tokens()), (10, 7));

    let (_, traces) = capture_output(stream(&model, "Hi")).await;
    assert_eq!(traces.records().len(), 2, "{}", traces.render());
    assert_eq!((traces.input_tokens(), traces.output_tokens()), (10, 7));
}
