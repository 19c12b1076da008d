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

fn of_input(rate: f64) -> Rates {
    let mut rates = Rates::default();
    rates.input = Some(rate);
    rates
}

#[test]
fn the_table_is_sorted_and_every_name_is_found() {
    let names: Vec<_> = table::names().collect();
    assert!(names.len() > 3_000);
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(
        table::header(),
        "model\tinput\toutput\tcached\tcache_write\tcache_write_1h\treasoning\taudio_input\taudio_output\tparticular calls"
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
    assert_eq!(rates("openai", "gpt-4o-2099-01-01"), Some(gpt.clone()));
    assert_eq!(rates("openai", "openai/gpt-4o"), Some(gpt.clone()));
    assert_eq!(rates("openrouter", "openai/gpt-4o:beta"), Some(gpt.clone()));
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
    let mut blank = gpt.clone();
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

#[test]
fn audio_has_its_own_rates() {
    let audio = rates("openai", "gpt-audio").unwrap();
    let spoken = Usage {
        audio_input: Some(600_000),
        audio_output: Some(50_000),
        ..usage(1_000_000, 100_000)
    };
    let expected = 0.4 * 2.5 + 0.6 * 32.0 + 0.05 * 10.0 + 0.05 * 64.0;
    assert_eq!(audio.cost(&spoken), Some(expected));
    // A model without such rates hears at the price of reading.
    let gpt = rates("openai", "gpt-4o").unwrap();
    assert_eq!(gpt.cost(&spoken), Some(3.5));
}

#[test]
fn what_the_cache_keeps_for_an_hour_has_its_own_rate() {
    let claude = rates("anthropic", "claude-sonnet-4-5-20250929").unwrap();
    assert_eq!(
        (claude.cache_write, claude.cache_write_1h),
        (Some(3.75), Some(6.0))
    );
    let written = usage(1_000_000, 0).cache_write(100_000);
    assert_eq!(
        claude.cost(&written),
        claude.cost(&written.cache_write_1h(0))
    );
    let cost = |tokens| claude.cost(&written.cache_write_1h(tokens)).unwrap();
    assert!((cost(40_000) - cost(0) - 0.04 * 2.25).abs() < 1e-9);
    // No more than was written at all.
    assert_eq!(cost(900_000), cost(100_000));
    let at = |tier| {
        claude
            .cost_at(tier, &written.cache_write_1h(100_000))
            .unwrap()
    };
    let plain = at(None) - claude.cost(&usage(900_000, 0)).unwrap();
    let batch = at(Some("batch")) - claude.cost_at(Some("batch"), &usage(900_000, 0)).unwrap();
    assert!((plain - 2.0 * batch).abs() < 1e-9, "{plain} {batch}");
    let mut blank = claude;
    blank.cache_write_1h = None;
    assert_eq!(
        blank.cost(&written.cache_write_1h(40_000)),
        blank.cost(&written)
    );
}

#[test]
fn tiers_have_their_own_rates() {
    let gpt = rates("openai", "gpt-5.4").unwrap();
    let call = usage(100_000, 10_000).cached(50_000);
    let cost = |tier| gpt.cost_at(tier, &call).unwrap();
    assert_eq!(cost(None), 0.125 + 0.0125 + 0.15);
    assert_eq!(cost(Some("batch")), 0.144);
    assert_eq!(cost(Some("flex")), cost(Some("batch")));
    assert_eq!(cost(Some("PRIORITY")), 0.575);
    for plain in ["default", "standard", "", "a tier of next year"] {
        assert_eq!(cost(Some(plain)), cost(None), "{plain}");
    }
    // A long prompt in a batch.
    let long = gpt.cost_at(Some("batch"), &usage(300_000, 0));
    assert_eq!(long, Some(0.3 * 2.5));
}

#[test]
fn own_prices_come_before_the_table() {
    let mut prices = Prices::default();
    prices.set("gpt-4o", Rates::per_million(1.0, 2.0)).unwrap();
    prices
        .set("my-model", Rates::per_million(3.0, 4.0))
        .unwrap();
    let input = |provider: &str, model: &str| prices.rates(provider, model).and_then(|it| it.input);
    assert_eq!(input("openai", "gpt-4o"), Some(1.0));
    assert_eq!(input("azure", "gpt-4o"), Some(1.0));
    assert_eq!(input("openrouter", "openai/gpt-4o:beta"), Some(1.0));
    for edition in ["gpt-4o-2024-08-06", "gpt-4o-2099-01-01", "gpt-4o-latest"] {
        assert_eq!(input("openai", edition), Some(1.0), "{edition}");
    }
    prices
        .set("claude-sonnet-4", Rates::per_million(9.0, 9.0))
        .unwrap();
    let input = |provider: &str, model: &str| prices.rates(provider, model).and_then(|it| it.input);
    assert_eq!(input("anthropic", "claude-sonnet-4-20250514"), Some(9.0));
    assert_eq!(input("anthropic", "claude-sonnet-4-5"), Some(3.0));
    assert_eq!(input("openai", "gpt-4o-mini"), Some(0.15));
    assert_eq!(input("openai", "gpt-4o-mini-2024-07-18"), Some(0.15));
    assert_eq!(input("openai", "my-model-v2"), Some(3.0));
    assert_eq!(input("openai", "their-model"), None);
    // An alias that has a price, answered by a model of the table.
    let cost = prices.cost(
        "openai",
        [Some("o3"), Some("my-model")],
        None,
        &usage(1_000_000, 0),
    );
    assert_eq!(cost, Some(3.0));
    let cost = prices.cost(
        "openai",
        [None, Some("my-model")],
        None,
        &usage(0, 1_000_000),
    );
    assert_eq!(cost, Some(4.0));
}

#[test]
fn own_prices_can_say_all_that_the_table_can() {
    let mut prices = Prices::default();
    prices
        .read(
            r#"{"m": {"input": 2, "output": 8.0, "cached": 0.5, "cache_write": 2.5, "cache_write_1h": 4, "reasoning": 10,
                "audio_input": 20, "audio_output": 40, "above": {"1000": {"input": 4}},
                "tiers": {"batch": {"input": 1, "above": {"1000": {"input": 3}}}}}}"#,
        )
        .unwrap();
    let expected = Rates::per_million(2.0, 8.0)
        .cached(0.5)
        .cache_write(2.5)
        .cache_write_1h(4.0)
        .reasoning(10.0)
        .audio(20.0, 40.0)
        .above(1_000, of_input(4.0))
        .tier("batch", of_input(1.0).above(1_000, of_input(3.0)));
    let read = prices.rates("", "m").unwrap();
    assert_eq!(read, expected);
    assert_eq!(read.cost(&usage(1_000, 0)), Some(0.002));
    assert_eq!(read.cost(&usage(2_000, 0)), Some(0.008));
    assert_eq!(read.cost_at(Some("batch"), &usage(1_000, 0)), Some(0.001));
    assert_eq!(read.cost_at(Some("batch"), &usage(2_000, 0)), Some(0.006));
}

#[test]
fn bad_prices_are_told_by_name_and_not_taken() {
    let bad = |json: &str| {
        let mut prices = Prices::default();
        let error = prices.read(json).unwrap_err().to_string();
        assert!(prices.own.is_empty(), "{json}");
        error
    };
    assert!(bad("{").starts_with("it is no JSON"));
    assert_eq!(bad("[]"), "it is no object of models and their rates");
    assert_eq!(bad(r#"{"m": 1}"#), r#""m" is no object of rates"#);
    assert_eq!(
        bad(r#"{"ok": {}, "m": {"input": "2"}}"#),
        r#""m": input is no number"#
    );
    let unknown = bad(r#"{"m": {"input_cost_per_token": 1e-6}}"#);
    assert!(
        unknown.starts_with(r#""m" has "input_cost_per_token": use input, output,"#),
        "{unknown}"
    );
    assert!(bad(r#"{"m": {"tiers": {"batch": {"input": -1}}}}"#).contains("negative"));
    assert!(bad(r#"{"m": {"above": {"many": {}}}}"#).contains("no count of tokens"));
    assert!(bad(r#"{"": {}}"#).contains("empty"));
    let mut prices = Prices::default();
    assert!(prices.set("m", Rates::per_million(f64::NAN, 1.0)).is_err());
    assert!(bad(&format!(r#"{{"{}": 1}}"#, "m".repeat(10_000))).len() < 200);
}

proptest! {
    #[test]
    fn no_price_file_panics(json in r#"[{}\[\]",:a-z0-9.e-]{0,60}"#) {
        let _ = Prices::default().read(&json);
    }

    #[test]
    fn no_name_panics_beside_own_prices(own in "[a-z0-9/:@é-]{1,10}", model in "[a-z0-9/:@é-]{0,20}") {
        let mut prices = Prices::default();
        prices.set(own, Rates::per_million(1.0, 1.0)).unwrap();
        prices.set("gpt-4o", Rates::per_million(1.0, 1.0)).unwrap();
        let _ = prices.rates("openai", &model);
        let _ = prices.rates("é/x", &format!("gpt-4o{model}"));
    }

    #[test]
    fn no_name_panics(provider in ".{0,20}", model in "[a-z0-9/:@é-]{0,60}") {
        let _ = rates(&provider, &model);
    }
}
