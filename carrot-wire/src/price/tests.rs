use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn usage(input: u64, output: u64) -> Usage {
    Usage {
        input: Some(input),
        output: Some(output),
        ..Usage::default()
    }
}

#[test]
fn the_table_is_sorted_and_every_name_is_found() {
    let names: Vec<_> = table::names().collect();
    assert!(names.len() > 3_000);
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(
        table::header(),
        "model\tinput\toutput\tcached\tcache_write\treasoning\tlong_from\tlong_input\tlong_output\tlong_cached\tlong_cache_write"
    );
    assert!(names.iter().all(|name| rates("", name).is_some()));
    assert!(version().split('.').count() >= 3, "{}", version());
}

#[test]
fn names_are_matched_by_their_longest_beginning() {
    let gpt = rates("openai", "gpt-4o").unwrap();
    assert_eq!(
        (gpt.input, gpt.output, gpt.cached),
        (Some(2.5), Some(10.0), Some(1.25))
    );
    assert_eq!(rates("openai", "gpt-4o-2024-08-06"), Some(gpt));
    assert_eq!(rates("openai", "gpt-4o-2099-01-01"), Some(gpt));
    assert_eq!(rates("openai", "openai/gpt-4o"), Some(gpt));
    assert_eq!(rates("openrouter", "openai/gpt-4o:beta"), Some(gpt));
    assert_eq!(
        rates("openai", "gpt-4o-mini-2099-01-01"),
        rates("openai", "gpt-4o-mini")
    );
    assert_ne!(rates("openai", "gpt-4o-mini"), Some(gpt));
    assert_eq!(
        rates("azure", "gpt-4o-2024-05-13").unwrap().input,
        Some(5.0)
    );
}

#[test]
fn what_is_unknown_has_no_price() {
    for model in [
        "",
        "my-model",
        "gpt",
        "gpt-4onward",
        "-",
        "/",
        "openai/",
        &"x-".repeat(500),
    ] {
        assert_eq!(rates("openai", model), None, "{model:?}");
    }
}

#[test]
fn every_token_is_paid_for_once() {
    let gpt = rates("openai", "gpt-4o").unwrap();
    assert_eq!(gpt.cost(&usage(1_000_000, 0)), Some(2.5));
    assert_eq!(gpt.cost(&usage(0, 42)), Some(0.00042));
    let cached = Usage {
        cached: Some(1_000_000),
        ..usage(1_000_000, 0)
    };
    assert_eq!(gpt.cost(&cached), Some(1.25));
    let half = Usage {
        cached: Some(500_000),
        ..usage(1_000_000, 100_000)
    };
    assert_eq!(gpt.cost(&half), Some(1.25 + 0.625 + 1.0));
    // Reasoning is part of the output, and has no rate of its own here.
    let thinking = Usage {
        reasoning: Some(60_000),
        ..usage(0, 100_000)
    };
    assert_eq!(gpt.cost(&thinking), Some(1.0));
    // A count that cannot be is not paid for either.
    let absurd = Usage {
        cached: Some(9_000_000),
        cache_write: Some(9),
        ..usage(1_000_000, 0)
    };
    assert_eq!(gpt.cost(&absurd), Some(1.25));
}

#[test]
fn long_prompts_have_their_own_rates() {
    let gemini = rates("gemini", "gemini-2.5-pro").unwrap();
    assert_eq!(gemini.cost(&usage(200_000, 1_000)), Some(0.25 + 0.01));
    assert_eq!(gemini.cost(&usage(400_000, 1_000)), Some(1.0 + 0.015));
}

#[test]
fn no_tokens_or_no_rate_is_no_cost() {
    let gpt = rates("openai", "gpt-4o").unwrap();
    assert_eq!(gpt.cost(&Usage::default()), None);
    assert_eq!(gpt.cost(&usage(0, 0)), Some(0.0));
    let mut blank = gpt;
    blank.output = None;
    assert_eq!(blank.cost(&usage(10, 10)), None);
    assert!(blank.cost(&usage(10, 0)).is_some());
}

#[test]
fn a_record_gets_its_cost_once() {
    let mut record = Record::default();
    apply(&mut record);
    assert_eq!(record.metadata.get("cost_usd"), None);
    for (key, value) in [
        ("model", Value::from("gpt-4o")),
        ("input_tokens", 1000.into()),
        ("output_tokens", 100.into()),
    ] {
        record.metadata.insert(key.to_owned(), value);
    }
    apply(&mut record);
    assert_eq!(record.metadata["cost_usd"], 0.0035);
    record.metadata.insert("cost_usd".to_owned(), 7.into());
    apply(&mut record);
    assert_eq!(record.metadata["cost_usd"], 7);
}

proptest! {
    #[test]
    fn no_name_panics(provider in ".{0,20}", model in "[a-z0-9/:@é-]{0,60}") {
        let _ = rates(&provider, &model);
    }
}
