//! Free text.

use serde_json::json;

use crate::server::{Server, child, record, with};

#[test]
fn words_are_found_wherever_they_are_as_soon_as_they_are_in() {
    let server = Server::start();
    server.send(&[
        with(record(1, "red root", 1), json!({"input": {"question": "Where is\nZÜRICH?"}})),
        with(child(2, 1, "step", 2), json!({"output": {"text": "in \"Switzerland\"", "year": 2026}})),
        with(record(3, "green", 3), json!({"error": {"message": "too late", "type": "Timeout", "chain": ["socket closed"]}})),
        with(record(4, "blue", 4), json!({"metadata": {"secret": "zürich"}, "tags": ["zürich"]})),
    ]);
    for (query, expected) in [
        ("z%C3%BCrich", vec!["red root"]),
        ("switzerland", vec!["red root"]),
        ("SWITZERLAND+2026", vec!["red root"]),
        ("question", vec!["red root"]),
        ("where+switzerland", vec![]),
        ("switz", vec![]),
        ("socket", vec!["green"]),
        ("timeout+late", vec!["green"]),
        ("step", vec!["red root"]),
        ("blue", vec!["blue"]),
    ] {
        assert_eq!(server.names(&format!("q={query}")), expected, "{query}");
    }
}

#[test]
fn what_an_update_replaced_is_not_found() {
    let server = Server::start();
    server.send(&[with(record(1, "a", 1), json!({"output": "before"}))]);
    server.send(&[with(record(1, "a", 1), json!({"output": "after"}))]);
    assert_eq!(server.names("q=before"), [""; 0]);
    assert_eq!(server.names("q=after"), ["a"]);
}

#[test]
fn a_needle_is_found_among_many() {
    let server = Server::start();
    for batch in 0..40_u128 {
        let records: Vec<_> = (0..100)
            .map(|n| {
                with(
                    record(batch * 100 + n + 1, "hay", n as u32),
                    json!({"output": format!("straw{n} of stack{batch}")}),
                )
            })
            .collect();
        server.send(&records);
    }
    server.send(&[with(
        record(1_000_000, "needle", 1),
        json!({"output": "sharp"}),
    )]);
    assert_eq!(server.names("q=sharp"), ["needle"]);
    assert_eq!(server.names("q=straw7+stack11"), ["hay"]);
    assert_eq!(server.names("q=straw7&limit=500").len(), 40);
    assert_eq!(server.names("q=straw7+sharp"), [""; 0]);
}
