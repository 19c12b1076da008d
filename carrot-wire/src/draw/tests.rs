use super::*;
use serde_json::json;

fn forest(records: serde_json::Value) -> Forest {
    let records = records.as_array().unwrap();
    Forest::new(
        records
            .iter()
            .map(|record| Record::from_json(&record.to_string()).unwrap())
            .collect(),
    )
}

fn id(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

fn agent() -> Forest {
    forest(json!([
        {"id": id(1), "name": "answer", "status": "success",
         "started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-01T00:00:01.25Z"},
        {"id": id(2), "parent_id": id(1), "name": "plan", "status": "success",
         "started_at": "2026-01-01T00:00:00.1Z", "ended_at": "2026-01-01T00:00:00.4Z"},
        {"id": id(3), "parent_id": id(2), "name": "chat.completions", "kind": "llm_call", "status": "success",
         "started_at": "2026-01-01T00:00:00.1Z", "ended_at": "2026-01-01T00:00:00.39Z",
         "metadata": {"model": "gpt-4o", "input_tokens": 150, "output_tokens": 42, "cost_usd": 0.000795}},
        {"id": id(4), "parent_id": id(1), "name": "weather", "kind": "tool_call", "status": "error",
         "error": {"message": "no\nroute\u{1b}[31m", "type": "io::Error"},
         "started_at": "2026-01-01T00:00:00.4Z", "ended_at": "2026-01-01T00:00:00.400012Z"},
    ]))
}

#[test]
fn an_agent_s_run() {
    insta::assert_snapshot!(draw(&agent(), Style::default()), @r"
    answer                           1.25 s
    ├─ plan                          300 ms
    │  └─ chat.completions · gpt-4o  290 ms  150 → 42 tok  $0.00080
    └─ weather · tool call            12 µs                          ✗ io::Error: no route [31m
    ");
}

#[test]
fn without_times_for_snapshots() {
    insta::assert_snapshot!(draw(&agent(), Style { timeless: true, color: false }), @r"
    answer
    ├─ plan
    │  └─ chat.completions · gpt-4o  150 → 42 tok  $0.00080
    └─ weather · tool call                                   ✗ io::Error: no route [31m
    ");
}

#[test]
fn a_level_is_a_mark_where_the_status_says_nothing() {
    let forest = forest(json!([
        {"id": id(1), "name": "fine", "status": "success", "level": "DEBUG"},
        {"id": id(2), "name": "slow", "status": "success", "level": "WARNING", "events": [{"name": "retry"}]},
        {"id": id(3), "name": "bad answer", "status": "success", "level": "ERROR"},
        {"id": id(4), "name": "failed", "status": "error", "level": "ERROR", "error": {"message": "no"}},
    ]));
    insta::assert_snapshot!(draw(&forest, Style::default()), @r"
    fine
    slow        ⚠ warning
    bad answer  ⚠ error
    failed      ✗ no
    ");
}

#[test]
fn of_a_skeleton_the_root_says_so() {
    let forest = forest(json!([
        {"id": id(1), "name": "answer", "status": "error", "error": {"message": "no"}, "metadata": {"skeleton": true}},
        {"id": id(2), "parent_id": id(1), "name": "plan", "status": "success", "metadata": {"skeleton": true}},
        {"id": id(3), "name": "other", "status": "success", "metadata": {"skeleton": true}},
        {"id": id(4), "name": "whole", "status": "success", "metadata": {"skeleton": false}},
    ]));
    insta::assert_snapshot!(draw(&forest, Style::default()), @r"
    answer   ✗ no  (names only)
    └─ plan
    other    (names only)
    whole
    ");
}

#[test]
fn control_characters_of_strangers_never_reach_the_terminal() {
    let text = draw(
        &agent(),
        Style {
            color: true,
            timeless: false,
        },
    );
    assert!(!text.contains("\x1b[31m["), "{text:?}");
    assert_eq!(
        text.matches('\x1b').count(),
        4,
        "only our own two colours, on and off"
    );
}

#[test]
fn durations_and_prices_are_short() {
    let shown: Vec<_> = [
        1,
        850,
        12_345,
        3_400_000,
        34_000_000,
        1_250_000_000,
        125_000_000_000,
    ]
    .map(|nanos| duration(Duration::from_nanos(nanos)))
    .into();
    assert_eq!(
        shown,
        [
            "1 ns", "850 ns", "12 µs", "3.4 ms", "34 ms", "1.25 s", "2m 05s"
        ]
    );
    assert_eq!(
        [0.0, 1.5, 0.0123, 0.000795, 0.0000021].map(usd),
        ["$0.0000", "$1.5000", "$0.0123", "$0.00080", "$0.0000021"]
    );
}
