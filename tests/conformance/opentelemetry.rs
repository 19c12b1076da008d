//! OpenTelemetry's Python SDK by OTLP, with OpenInference's and OpenLLMetry's instrumentations of openai.

use serde_json::{Value, json};

use super::{Traces, calls, collector, pipeline, planner, says, tokens, user};

#[tokio::test]
#[ignore = "needs Python packages: run `cargo xtask test`"]
async fn opentelemetry_arrives_as_trees() {
    let (collector, _store) = collector();
    pipeline("opentelemetry_spans.py", &collector, planner());
    let traces = Traces::of(&collector);
    let openinference = traces.only("by-openinference").await;
    let openllmetry = traces.only("by-openllmetry").await;
    for root in [&openinference, &openllmetry] {
        three_calls(root);
    }
    for call in calls::<3>(&openinference) {
        let whose = (&call["session_id"], &call["user_id"], &call["tags"]);
        assert_eq!(
            whose,
            (&json!("chat-7"), &json!("u-1"), &json!(["production"]))
        );
        assert_eq!(call["metadata"]["version"], "2");
    }
    agent_by_hand(&traces.only("invoke_agent planner").await);
    assert_eq!(traces.count("").await, 3);
    assert_eq!(traces.count("tag=production&model=gpt-4o&q=forty").await, 1);
}

/// Plain, streamed, and one that fails.
fn three_calls(root: &Value) {
    assert_eq!(
        (&root["kind"], &root["status"]),
        (&json!("function"), &json!("success"))
    );
    assert_eq!(root["totals"]["total_tokens"], 38);
    assert_eq!(root["totals"]["errors"], 1);
    let [plain, streamed, failed] = calls(root);
    for call in [plain, streamed, failed] {
        let metadata = &call["metadata"];
        assert_eq!(
            (&metadata["provider"], &metadata["source"]),
            (&json!("openai"), &json!("otlp"))
        );
        assert_eq!(metadata["resource"]["service.name"], "shop");
        assert_eq!(call["input"]["model"], "gpt-4o");
    }
    assert_eq!(plain["input"]["messages"], user("make a plan"));
    assert_eq!(plain["input"]["temperature"], 0.5);
    assert_eq!(plain["output"], says("look it up"));
    assert_eq!(plain["metadata"]["finish_reason"], "stop");
    assert_eq!(tokens(plain), [11, 3, 14]);
    assert_eq!(streamed["output"], says("It is forty two."));
    assert_eq!(tokens(streamed), [20, 4, 24]);
    for call in [plain, streamed] {
        assert!(call["metadata"]["cost_usd"].as_f64() > Some(0.0));
    }
    assert_eq!(failed["status"], "error");
    assert_eq!(failed["error"]["type"], "openai.InternalServerError");
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(message.contains("out of order"), "{message}");
}

fn agent_by_hand(agent: &Value) {
    assert_eq!(
        (&agent["kind"], &agent["status"]),
        (&json!("agent"), &json!("error"))
    );
    assert_eq!(
        agent["error"],
        json!({"message": "no umbrella", "type": "ValueError"})
    );
    assert_eq!(agent["metadata"]["agent"], "planner");
    let events = agent["events"].as_array().unwrap();
    assert_eq!(events[0]["name"], "decided");
    assert_eq!(events[0]["data"], json!({"city": "Oslo", "sure": true}));
    let stack = events[1]["data"]["exception.stacktrace"].as_str().unwrap();
    assert!(stack.starts_with("Traceback"), "{stack}");

    let tool = &agent["children"][0];
    assert_eq!(
        (&tool["kind"], &tool["input"]),
        (&json!("tool_call"), &json!({"city": "Oslo"}))
    );
    assert_eq!(tool["output"], "rain");
    assert_eq!(tool["metadata"]["my.own"], json!([1, 2]));
    assert_eq!(tool["metadata"]["scope"]["name"], "pipeline");
}
