//! retrace-sdk, by each of its transports.

use serde_json::{Value, json};

use super::{Traces, assistant, collector, python};

#[tokio::test]
#[ignore = "needs Python packages: run `cargo xtask test`"]
async fn the_retrace_sdk_arrives_by_websocket() {
    arrives("ws").await;
}

#[tokio::test]
#[ignore = "needs Python packages: run `cargo xtask test`"]
async fn the_retrace_sdk_arrives_by_http() {
    arrives("http").await;
}

async fn arrives(transport: &str) {
    let (collector, _store) = collector();
    let models = assistant().strict().start();
    python("agent.py", &[&collector.url(), transport, &models.url()]);

    let traces = Traces::of(&collector);
    research(&traces).await;
    let asked = traces.only("research-async").await;
    assert_eq!(asked["output"], json!({"answer": "It is forty two."}));
    assert_eq!(asked["children"][0]["kind"], "llm_call");
    tools(&traces).await;
    failure(&traces).await;
    by_hand(&traces).await;
    assert_eq!(traces.count("name=many&status=success").await, 200);
    assert_eq!(traces.count("status=error").await, 1);
    assert_eq!(traces.count("status=running").await, 0);
    assert_eq!(
        traces.count("").await,
        205,
        "no span is left without its trace"
    );

    let id = asked["id"].as_str().unwrap();
    python("agent.py", &[&collector.url(), "golden", id]);
    let golden = traces.get(&format!("/{id}")).await;
    assert_eq!(golden["metadata"]["golden"], true);
    assert_eq!(golden["output"], asked["output"], "nothing else changed");
}

async fn research(traces: &Traces) {
    let root = traces.only("research").await;
    assert_eq!(
        (&root["status"], &root["output"]),
        (&json!("success"), &json!("It is forty two."))
    );
    assert_eq!(
        root["input"],
        json!({"args": ["what is it?"], "kwargs": {}})
    );
    assert_eq!(
        (&root["session_id"], &root["project"]),
        (&json!("s-1"), &json!("shop"))
    );
    assert_eq!(root["metadata"]["version"], "2");
    assert_eq!(root["metadata"]["span_count"], 2);
    let [plain, streamed] = children(&root);
    for (call, model, output, tokens) in [
        (plain, "gpt-4o-mini", "look it up", [11, 3]),
        (streamed, "gpt-4o", "It is forty two.", [20, 4]),
    ] {
        assert_eq!(
            (&call["kind"], &call["status"]),
            (&json!("llm_call"), &json!("success"))
        );
        assert_eq!(
            (&call["metadata"]["model"], &call["output"]),
            (&json!(model), &json!(output))
        );
        let counted = ["input_tokens", "output_tokens"].map(|key| call["metadata"][key].as_u64());
        assert_eq!(counted, tokens.map(Some));
        assert!(call["metadata"]["cost_usd"].as_f64() > Some(0.0));
        assert!(call["metadata"]["latency_ms"].is_u64());
    }
    assert_eq!(plain["metadata"]["agent"], "planner");
    assert_eq!(plain["metadata"]["agent_role"], "lead");
    assert_eq!(streamed["metadata"]["capture_complete"], true);
    // What the SDK adds up itself is not added to that.
    assert_eq!(root["totals"]["total_tokens"], 38);
}

async fn tools(traces: &Traces) {
    let root = traces.only("tools").await;
    assert_eq!(root["output"], "Done.");
    let call = find(&root, "llm_call").expect("no model call");
    assert_eq!(call["metadata"]["model"], "gpt-4.1");
    let tool = find(&root, "tool_call").expect("no tool call");
    assert_eq!(tool["name"], "weather");
    assert_eq!(tool["input"], json!({"city": "Oslo"}));
    let result = find(&root, "tool_result").expect("no result of the tool");
    assert_eq!(result["output"], "rain");
}

async fn failure(traces: &Traces) {
    let root = traces.only("fail").await;
    assert_eq!(root["status"], "error");
    let message = root["error"]["message"].as_str().unwrap();
    assert!(message.contains("out of order"), "{message}");
}

async fn by_hand(traces: &Traces) {
    let root = traces.only("by-hand").await;
    assert_eq!(
        (&root["input"], &root["output"]),
        (&json!({"prompt": "hello"}), &json!({"found": 0}))
    );
    let [think] = children(&root);
    assert_eq!(
        (&think["kind"], &think["output"]),
        (&json!("reasoning"), &json!("give up"))
    );
    let [search] = children(think);
    assert_eq!(
        (&search["kind"], &search["status"]),
        (&json!("tool_call"), &json!("error"))
    );
    assert_eq!(search["error"]["message"], "ValueError: nothing found");
    assert_eq!(search["input"], json!({"query": "carrots"}));
}

fn children<const COUNT: usize>(record: &Value) -> [&Value; COUNT] {
    let children: Vec<&Value> = { record["children"].as_array() }
        .into_iter()
        .flatten()
        .collect();
    children.try_into().expect("another number of children")
}

/// The first span of this kind below a record.
fn find<'a>(record: &'a Value, kind: &str) -> Option<&'a Value> {
    let mut children = { record["children"].as_array() }.into_iter().flatten();
    children.find_map(|child| {
        if child["kind"] == kind {
            Some(child)
        } else {
            find(child, kind)
        }
    })
}
