use super::*;

fn resolve(builder: Builder, vars: &[(&str, &str)]) -> Result<Config, String> {
    let var = |name: &str| {
        vars.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    builder.resolve(&var).map_err(|error| error.to_string())
}

fn target(vars: &[(&str, &str)]) -> Target {
    resolve(Builder::default(), vars).unwrap().target
}

fn http(url: &str, unconfigured: bool) -> Target {
    Target::Http {
        url: Url::parse(url).unwrap(),
        unconfigured,
    }
}

#[test]
fn the_target_follows_key_and_url() {
    assert_eq!(target(&[]), http(LOCAL, true));
    assert_eq!(target(&[("CARROT_API_KEY", "sk-1")]), http(CLOUD, false));
    assert_eq!(
        target(&[("CARROT_BASE_URL", "http://[::1]:9")]),
        http("http://[::1]:9", false)
    );
    assert_eq!(
        target(&[("CARROT_BASE_URL", "file:///tmp/t.jsonl")]),
        Target::File("/tmp/t.jsonl".into())
    );
    assert_eq!(
        target(&[("CARROT_BASE_URL", " ")]),
        http(LOCAL, true),
        "empty is not set"
    );
}

#[test]
fn the_builder_comes_before_the_environment() {
    let config = resolve(
        Builder::default()
            .batch_size(7)
            .enabled(true)
            .project("mine"),
        &[
            ("CARROT_BATCH_SIZE", "9"),
            ("CARROT_ENABLED", "false"),
            ("CARROT_FLUSH_INTERVAL", "0.25"),
        ],
    );
    let config = config.unwrap();
    assert_eq!(
        (
            config.batch_size,
            config.enabled,
            config.flush_interval.as_millis()
        ),
        (7, true, 250)
    );
    assert_eq!(config.project.as_deref(), Some("mine"));
}

#[test]
fn mistakes_are_named_with_the_fix() {
    let error = |vars: &[(&str, &str)]| resolve(Builder::default(), vars).unwrap_err();
    assert_eq!(
        error(&[("CARROT_BASE_URL", "localhost:7420")]),
        "CARROT_BASE_URL \"localhost:7420\" has another scheme: use http://host:port, https://host or file:///path"
    );
    assert!(
        error(&[("CARROT_BASE_URL", "nonsense")])
            .contains("is no URL (relative URL without a base)")
    );
    assert_eq!(
        error(&[("CARROT_BATCH_SIZE", "0")]),
        "CARROT_BATCH_SIZE is 0: use 1 to 100"
    );
    assert_eq!(
        error(&[("CARROT_ENABLED", "maybe")]),
        "CARROT_ENABLED cannot be read: \"maybe\""
    );
    assert_eq!(
        error(&[("CARROT_FLUSH_INTERVAL", "-1")]),
        "CARROT_FLUSH_INTERVAL cannot be read: \"-1\""
    );
    assert!(error(&[("CARROT_FLUSH_TIMEOUT", "1e300")]).contains("cannot be read"));
    assert!(error(&[("CARROT_BASE_URL", CLOUD)]).starts_with("CARROT_API_KEY is missing"));
}

#[test]
fn neither_keys_nor_passwords_are_shown() {
    let config = resolve(Builder::default().api_key("sk-secret"), &[]).unwrap();
    assert!(!format!("{config:?}").contains("sk-secret"));
    let error = resolve(
        Builder::default(),
        &[("CARROT_BASE_URL", "http://me:pass@host")],
    )
    .unwrap_err();
    assert!(!error.contains("pass@"), "{error}");
    assert!(
        !resolve(Builder::default().api_key("sk secret\n"), &[])
            .unwrap_err()
            .contains("sk secret")
    );
}

#[test]
fn limits_and_redactions_come_from_both_places() {
    let config = resolve(
        Builder::default()
            .max_depth(5)
            .redact_names(["ssn"])
            .redact_pattern("sk-[a-z]+"),
        &[
            ("CARROT_MAX_DEPTH", "9"),
            ("CARROT_MAX_VALUE_BYTES", "1000"),
            ("CARROT_REDACT_NAMES", "iban, credit_card,"),
        ],
    );
    let config = config.unwrap();
    assert_eq!((config.limits.bytes, config.limits.depth), (1000, 5));
    let names = &config.redaction.names;
    assert!(
        ["ssn", "IBAN", "credit-card"]
            .iter()
            .all(|name| names.contains(name))
    );
    assert_eq!(config.redaction.patterns.len(), 1);
    assert_eq!(
        resolve(Builder::default(), &[]).unwrap().limits,
        Limits::DEFAULT
    );
}

#[test]
fn a_limit_or_redaction_that_cannot_work_is_named() {
    let error = |builder: Builder| resolve(builder, &[]).unwrap_err();
    let default = Builder::default;
    assert_eq!(
        error(default().max_value_bytes(0)),
        "max_value_bytes is 0: use 1 to 16777216"
    );
    assert_eq!(
        error(default().max_depth(121)),
        "max_depth is 121: use 1 to 120"
    );
    assert_eq!(
        resolve(default(), &[("CARROT_MAX_DEPTH", "deep")]).unwrap_err(),
        "CARROT_MAX_DEPTH cannot be read: \"deep\""
    );
    assert_eq!(
        error(default().redact_names(["ключ"])),
        "redact_names holds \"ключ\": use ASCII letters and digits"
    );
    assert_eq!(
        error(default().redact_pattern("sk-(a")),
        "redact_pattern \"sk-(a\" is no regular expression that can be used (unclosed group)"
    );
    assert_eq!(
        error(default().redact_pattern("a*")),
        "redact_pattern \"a*\" matches where nothing is: let it match at least a character"
    );
    assert!(error(default().redact_pattern("(a{1000}){1000}")).contains("size limit"));
    assert!(error(default().redact_pattern("(".repeat(10_000))).len() < 300);
}

#[test]
fn budgets_come_from_the_builder_and_from_the_environment() {
    let var = |name: &str| (name == "CARROT_MAX_USD").then(|| "0.5".to_owned());
    let config = Builder::default().max_steps(7).resolve(&var).unwrap();
    assert_eq!(config.budget, crate::budget().max_steps(7).max_usd(0.5));
    assert_eq!(
        resolve(Builder::default().max_tokens(0), &[]).unwrap_err(),
        "max_tokens is not above zero, so that no model call could be made: leave it out, or raise it"
    );
    for usd in ["0", "-1", "NaN"] {
        let refused = resolve(Builder::default(), &[("CARROT_MAX_USD", usd)]).unwrap_err();
        assert!(
            refused.starts_with("CARROT_MAX_USD is not above"),
            "{refused}"
        );
    }
}

/// Of a setting that both name it is the builder's that counts.
#[test]
fn a_mistake_is_named_as_it_was_made() {
    let both = [
        (
            Builder::default().batch_size(101),
            "batch_size",
            "CARROT_BATCH_SIZE",
            "101",
        ),
        (
            Builder::default().flush_interval(Duration::ZERO),
            "flush_interval",
            "CARROT_FLUSH_INTERVAL",
            "0",
        ),
        (
            Builder::default().sample_rate(f64::NAN),
            "sample_rate",
            "CARROT_SAMPLE_RATE",
            "nan",
        ),
        (
            Builder::default().api_key("a b"),
            "api_key",
            "CARROT_API_KEY",
            "a b",
        ),
        (
            Builder::default().project("a\nb"),
            "project",
            "CARROT_PROJECT_ID",
            "a\nb",
        ),
        (
            Builder::default().max_depth(0),
            "max_depth",
            "CARROT_MAX_DEPTH",
            "0",
        ),
        (
            Builder::default().max_steps(0),
            "max_steps",
            "CARROT_MAX_STEPS",
            "0",
        ),
        (
            Builder::default().redact_names(["?"]),
            "redact_names",
            "CARROT_REDACT_NAMES",
            "?",
        ),
        (
            Builder::default().base_url("nonsense"),
            "base_url",
            "CARROT_BASE_URL",
            "nonsense",
        ),
    ];
    for (builder, method, variable, text) in both {
        let of_builder = resolve(builder, &[(variable, text)]).unwrap_err();
        assert_eq!(of_builder.split(' ').next(), Some(method), "{of_builder}");
        let of_variable = resolve(Builder::default(), &[(variable, text)]).unwrap_err();
        assert_eq!(
            of_variable.split(' ').next(),
            Some(variable),
            "{of_variable}"
        );
    }
    let by_name = resolve(Builder::default().sample_rate_for("ask", f64::NAN), &[]).unwrap_err();
    assert!(
        by_name.starts_with("sample_rate_for is no number"),
        "{by_name}"
    );
}

#[test]
fn prices_come_from_the_builder_and_from_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let vars = [("CARROT_PRICES", path)];
    std::fs::write(
        path,
        r#"{"m": {"input": 1, "output": 1}, "n": {"input": 2, "output": 2}}"#,
    )
    .unwrap();
    let builder = Builder::default().price("m", Rates::per_million(5.0, 5.0));
    let prices = resolve(builder, &vars).unwrap().prices;
    let input = |model: &str| prices.rates("openai", model).and_then(|it| it.input);
    assert_eq!(input("m-2024-01-01"), Some(5.0));
    assert_eq!(input("n"), Some(2.0));
    assert_eq!(input("gpt-4o"), Some(2.5));

    std::fs::write(path, r#"{"m": {"inputs": 1}}"#).unwrap();
    let error = resolve(Builder::default(), &vars).unwrap_err();
    assert!(error.starts_with("CARROT_PRICES names "), "{error}");
    assert!(error.contains(path), "{error}");
    assert!(
        error.contains(r#""m" has "inputs": use input, output"#),
        "{error}"
    );
    let error = resolve(Builder::default(), &[("CARROT_PRICES", "/no/such/file")]).unwrap_err();
    assert!(error.contains("/no/such/file"), "{error}");
    std::fs::write(path, b"\xff").unwrap();
    assert!(resolve(Builder::default(), &vars).is_err());
    let negative = Builder::default().price("m", Rates::per_million(-1.0, 1.0));
    assert_eq!(
        resolve(negative, &[]).unwrap_err(),
        "price cannot be used: \"m\" has a rate that is negative or no number"
    );
}
