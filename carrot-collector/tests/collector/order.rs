//! Whatever the order in which records come, the same trees come of them.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::server::{Server, at, id};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);
static CASE: AtomicU64 = AtomicU64::new(0);

/// One span: the parent is an earlier span, or none.
#[derive(Debug, Clone)]
struct Span {
    parent: Option<prop::sample::Index>,
    second: u32,
    tokens: Option<u64>,
    error: bool,
    tag: Option<u8>,
    /// Whether it is sent in two parts, start and end.
    in_parts: bool,
}

fn span() -> impl Strategy<Value = Span> {
    (
        prop::option::weighted(0.85, any::<prop::sample::Index>()),
        0..20u32,
        prop::option::of(1..100u64),
        any::<bool>(),
        prop::option::of(0..3u8),
        any::<bool>(),
    )
        .prop_map(|(parent, second, tokens, error, tag, in_parts)| Span {
            parent,
            second,
            tokens,
            error,
            tag,
            in_parts,
        })
}

/// The records of the spans, parents first.
fn records(spans: &[Span]) -> Vec<Value> {
    let mut records = Vec::new();
    for (number, span) in spans.iter().enumerate() {
        let above = span
            .parent
            .filter(|_| number > 0)
            .map(|parent| parent.index(number));
        let start = json!({
            "id": id(number as u128 + 1),
            "parent_id": above.map(|above| id(above as u128 + 1)),
            "name": format!("span {number}"),
            "status": "running",
            "started_at": at(span.second),
            "tags": span.tag.map(|tag| vec![format!("tag{tag}")]),
        });
        let mut end = json!({
            "id": id(number as u128 + 1),
            "status": if span.error { "error" } else { "success" },
            "ended_at": at(span.second + 5),
            "output": number,
        });
        if let Some(tokens) = span.tokens {
            end["metadata"] =
                json!({"model": "gpt-4o", "input_tokens": tokens, "output_tokens": 1});
        }
        if span.in_parts {
            records.extend([start, end]);
        } else {
            records.push(crate::server::with(start, end));
        }
    }
    records
}

/// Everything that readers can see of a project.
fn seen(project: &str, spans: usize) -> Value {
    let list = SERVER.read(&format!("/v1/traces?limit=500&project={project}"));
    for row in list["traces"].as_array().unwrap() {
        let trace = SERVER.read(&format!(
            "/v1/traces/{}?project={project}",
            row["id"].as_str().unwrap()
        ));
        assert_eq!(
            row["totals"], trace["totals"],
            "sums kept up to date are what the spans add up to"
        );
    }
    let trees: Vec<Value> = (0..spans)
        .map(|number| {
            SERVER.read(&format!(
                "/v1/traces/{}?project={project}",
                id(number as u128 + 1)
            ))
        })
        .collect();
    json!({"list": list, "trees": trees})
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_order_gives_the_same_trees(
        spans in prop::collection::vec(span(), 1..20),
        keys in prop::collection::vec(any::<u32>(), 40),
        batch in 1..8usize,
    ) {
        let case = CASE.fetch_add(1, Ordering::Relaxed);
        let (straight, mixed) = (format!("straight{case}"), format!("mixed{case}"));
        let records = records(&spans);
        SERVER.send_to(&straight, &records);

        let mut shuffled: Vec<_> = records.into_iter().zip(keys).collect();
        shuffled.sort_by_key(|(_, key)| *key);
        let shuffled: Vec<Value> = shuffled.into_iter().map(|(record, _)| record).collect();
        for batch in shuffled.chunks(batch) {
            SERVER.send_to(&mixed, batch);
        }
        prop_assert_eq!(seen(&straight, spans.len()), seen(&mixed, spans.len()));
    }
}
