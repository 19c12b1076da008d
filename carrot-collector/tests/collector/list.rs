//! The list: filters, pages, totals.

use serde_json::json;

use crate::server::{Server, at, child, id, record, with};

#[test]
fn each_filter_lets_through_what_it_says() {
    let server = Server::start();
    let call = |number, parent, model: &str, asked: &str| {
        with(
            child(number, parent, "chat.completions", 1),
            json!({
        "kind": "llm_call", "tags": ["inner"],
        "metadata": {"model": model, "request_model": asked, "input_tokens": 1}}),
        )
    };
    server.send(&[
        with(
            record(1, "red", 10),
            json!({"tags": ["x", "y"], "session_id": "s1", "user_id": "u1"}),
        ),
        call(2, 1, "gpt-4o-2024-08-06", "gpt-4o"),
        with(
            record(3, "green", 20),
            json!({"status": "error", "tags": ["x"], "session_id": "s2"}),
        ),
        call(4, 3, "claude-x", "claude-x"),
        with(
            record(5, "blue", 30),
            json!({"status": "running", "user_id": "u1"}),
        ),
        with(
            child(6, 5, "fetch", 31),
            json!({"kind": "tool_call", "status": "error", "session_id": "s1"}),
        ),
    ]);
    for (query, expected) in [
        ("", vec!["blue", "green", "red"]),
        ("status=error", vec!["green"]),
        ("status=failed", vec!["green"]),
        ("status=running", vec!["blue"]),
        ("name=red", vec!["red"]),
        ("name=chat.completions", vec![]),
        ("session=s1", vec!["red"]),
        ("user=u1", vec!["blue", "red"]),
        ("user=u1&session=s1", vec!["red"]),
        ("model=gpt-4o", vec!["red"]),
        ("model=gpt-4o-2024-08-06", vec!["red"]),
        ("model=claude-x", vec!["green"]),
        ("model=gpt", vec![]),
        ("tag=x", vec!["green", "red"]),
        ("tag=x&tag=y", vec!["red"]),
        ("tag=x&tag=inner", vec!["green", "red"]),
        ("tag=x&tag=nope", vec![]),
        ("kind=tool_call", vec!["blue"]),
        ("kind=llm_call", vec!["green", "red"]),
        ("from=2026-01-31T12:00:20Z", vec!["blue", "green"]),
        ("to=2026-01-31T12:00:20Z", vec!["red"]),
        (
            "from=2026-01-31T13:00:20%2B01:00&to=2026-01-31T12:00:30Z",
            vec!["green"],
        ),
        (
            "tag=x&status=error&model=claude-x&kind=llm_call&from=2026-01-31T12:00:00Z&q=green",
            vec!["green"],
        ),
    ] {
        assert_eq!(server.names(query), expected, "{query}");
    }
}

#[test]
fn labels_follow_the_spans_they_came_with() {
    let server = Server::start();
    server.send(&[with(
        child(2, 1, "call", 1),
        json!({"tags": ["t"], "metadata": {"model": "m", "input_tokens": 1}}),
    )]);
    server.send(&[record(1, "root", 0)]);
    assert_eq!(server.names("tag=t&model=m&kind=llm_call"), ["root"]);
    server.send(&[json!({"id": id(2), "tags": ["other"], "metadata": {"model": "n"}})]);
    assert_eq!(server.names("tag=t"), [""; 0]);
    assert_eq!(server.names("model=m"), [""; 0]);
    assert_eq!(server.names("tag=other&model=n"), ["root"]);
}

#[test]
fn pages_stay_as_they_are_when_newer_traces_come() {
    let server = Server::start();
    // Two at each second: the id decides between them.
    let old = (0..20).map(|n| record(100 + n, &format!("old {n}"), n as u32 / 2));
    server.send(&old.collect::<Vec<_>>());
    let seconds = (0..10).rev();
    let expected: Vec<String> = seconds
        .flat_map(|second| {
            [
                format!("old {}", 2 * second),
                format!("old {}", 2 * second + 1),
            ]
        })
        .collect();

    let (mut found, mut cursor, mut page) = (Vec::new(), String::new(), 0);
    loop {
        let answer = server.read(&format!("/v1/traces?limit=3&cursor={cursor}"));
        found.extend(crate::server::names(&answer["traces"]));
        page += 1;
        server.send(&[record(1000 + page, "new", 100 + page as u32)]);
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(found, expected);
    assert_eq!(page, 7);
    assert_eq!(server.names("").len(), 27);
    assert_eq!(
        server.read("/v1/traces?limit=27")["next_cursor"],
        json!(null),
        "the last page is full"
    );
}

#[test]
fn a_mistake_in_the_query_is_named() {
    let server = Server::start();
    for (query, parameter) in [
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("cursor=zzz", "cursor"),
        ("from=yesterday", "from"),
        ("to=2026-13-01T00:00:00Z", "to"),
        ("status=fine", "status"),
        ("kind=fine", "kind"),
        ("q=...", "q"),
        ("stauts=error", "stauts"),
        ("name=a&name=b", "name"),
    ] {
        let (status, answer) = server.get(&format!("/v1/traces?{query}"));
        let error = answer["error"].as_str().unwrap();
        assert_eq!(status, 400, "{query}");
        assert!(
            error.starts_with(&format!("{parameter}: ")),
            "{query}: {error}"
        );
    }
}

#[test]
fn totals_count_usage_once() {
    let server = Server::start();
    let usage = |tokens: u64, cost: f64| {
        json!({"kind": "llm_call", "metadata": {
        "model": "own", "input_tokens": tokens, "output_tokens": 1, "cost_usd": cost}})
    };
    // A wrapper that repeats what the calls below it used; one call comes after it, one before.
    server.send(&[with(child(3, 2, "call", 2), usage(10, 0.25))]);
    server.send(&[
        record(1, "root", 0),
        with(child(2, 1, "wrapper", 1), usage(30, 0.75)),
    ]);
    server.send(&[
        with(child(4, 2, "call", 3), usage(20, 0.5)),
        with(child(5, 1, "apart", 4), usage(100, 1.0)),
    ]);
    let totals = json!({
        "spans": 5, "errors": 0, "input_tokens": 130, "output_tokens": 3, "total_tokens": 133,
        "cost_usd": 1.75, "models": ["own"], "tags": [],
    });
    assert_eq!(server.read("/v1/traces")["traces"][0]["totals"], totals);
    assert_eq!(
        server.read(&format!("/v1/traces/{}", id(1)))["totals"],
        totals
    );
    assert_eq!(
        server.read(&format!("/v1/traces/{}", id(2)))["totals"]["input_tokens"],
        30
    );

    // The calls take back what they said: the wrapper's word counts again.
    let none =
        json!({"input_tokens": null, "output_tokens": null, "cost_usd": null, "model": null});
    server.send(&[
        json!({"id": id(3), "metadata": none}),
        json!({"id": id(4), "metadata": none}),
    ]);
    let totals = server.read("/v1/traces")["traces"][0]["totals"].clone();
    assert_eq!(
        (&totals["input_tokens"], &totals["cost_usd"]),
        (&json!(130), &json!(1.75))
    );
    assert_eq!(
        totals,
        server.read(&format!("/v1/traces/{}", id(1)))["totals"]
    );
}

#[test]
fn strange_numbers_stay_in_range() {
    let server = Server::start();
    for number in 0..20 {
        server.send(&[with(child(2 + number, 1, "call", 1), json!({"metadata": {
            "model": "own", "input_tokens": u64::MAX, "total_tokens": u64::MAX, "cost_usd": 1e300}}))]);
    }
    server.send(&[with(
        record(1, "root", 0),
        json!({"metadata": {"input_tokens": -5, "cost_usd": "free"}}),
    )]);
    let totals = &server.read("/v1/traces")["traces"][0]["totals"];
    assert_eq!(totals["spans"], 21);
    assert!(totals["input_tokens"].as_u64().unwrap() > 1 << 50);
    assert!(totals["cost_usd"].as_f64().unwrap() > 1e6);
}

#[test]
fn times_far_away_are_sorted_too() {
    let server = Server::start();
    server.send(&[
        json!({"name": "late", "started_at": "2261-01-01T00:00:00Z"}),
        json!({"name": "early", "started_at": "1700-01-01T00:00:00Z"}),
        json!({"name": "now", "started_at": at(0)}),
    ]);
    assert_eq!(server.names(""), ["late", "now", "early"]);
    let first = server.read("/v1/traces?limit=2");
    let next = format!("cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(server.names(&next), ["early"]);
}
