use carrot_wire::record::ErrorInfo;
use serde_json::json;

use super::*;

fn json_of(value: &Value) -> Option<Json> {
    Some(Json::from_value(value))
}

fn record() -> Record {
    let metadata = json!({"key": "sk-1", "input_tokens": 3, "ssn": {"number": 1}});
    Record {
        name: Some("ask sk-1".to_owned()),
        input: json_of(&json!({"b": 1, "a": ["x sk-1 sk-22 y", {"sk-3": 2}], "user_ssn": "1-2"})),
        output: json_of(&json!("fine")),
        error: Some(ErrorInfo {
            message: "bad key sk-1".to_owned(),
            kind: "Error of sk-8".to_owned(),
            chain: vec!["sk-2 again".to_owned()],
        }),
        tags: Some(vec!["sk-4".to_owned(), "kept".to_owned()]),
        session_id: Some("s".to_owned()),
        user_id: Some("sk-5".to_owned()),
        metadata: metadata.as_object().unwrap().clone(),
        events: json_of(&json!([{"name": "e", "data": "sk-6"}])),
        scores: json_of(&json!([{"ssn": 1, "reason": "sk-7"}])),
        logprobs: json_of(&json!([{"token": "fine sk-9", "ssn": "1-2"}])),
        ..Record::default()
    }
}

fn redaction(hook: Option<Arc<Hook>>) -> Redaction {
    let mut names = Names::default();
    assert!(names.add("ssn"));
    Redaction {
        names,
        patterns: vec![Regex::new(r"sk-\w+").unwrap()],
        hook,
    }
}

fn text(payload: &Option<Json>) -> &str {
    payload.as_ref().unwrap().as_str()
}

fn value(payload: &Option<Json>) -> Value {
    payload.as_ref().unwrap().to_value()
}

#[test]
fn patterns_and_names_reach_every_text() {
    let redacted = redaction(None).apply(record());
    let sent = serde_json::to_string(&redacted).unwrap();
    assert!(!sent.contains("sk-") && !sent.contains("1-2"), "{sent}");
    assert_eq!(
        value(&redacted.input),
        json!({"a": ["x [redacted] [redacted] y", {"[redacted]": 2}], "b": 1, "user_ssn": "[redacted]"})
    );
    assert_eq!(redacted.metadata["ssn"], "[redacted]");
    assert_eq!(redacted.metadata["input_tokens"], 3);
    assert_eq!(redacted.session_id.as_deref(), Some("s"));
    assert_eq!(
        value(&redacted.logprobs),
        json!([{"ssn": "[redacted]", "token": "fine [redacted]"}])
    );
}

#[test]
fn the_tokens_of_an_output_that_was_redacted_are_left_out() {
    let tokens = json!([{"token": "s"}, {"token": "k-1"}]);
    let before = Record {
        output: json_of(&json!("sk-1")),
        logprobs: json_of(&tokens),
        ..Record::default()
    };
    let hooked = |hook: Arc<Hook>| {
        let redaction = Redaction {
            hook: Some(hook),
            ..Redaction::default()
        };
        redaction.apply(before.clone()).logprobs
    };
    assert_eq!(redaction(None).apply(before.clone()).logprobs, None);
    assert_eq!(hooked(Arc::new(|it| it.output = "[private]".into())), None);
    assert_eq!(hooked(Arc::new(|it| it.name.push('!'))), before.logprobs);
    let rewritten = hooked(Arc::new(|it| {
        it.output = "[private]".into();
        it.logprobs[1]["token"] = "".into();
    }));
    assert_eq!(text(&rewritten), r#"[{"token":"s"},{"token":""}]"#);
    assert_eq!(hooked(Arc::new(|it| it.logprobs = Value::Null)), None);
}

#[test]
fn what_is_not_touched_stays_as_it_was_written() {
    let mut before = record();
    before.input = Json::parse(r#"{"z": 1, "a": 1.50}"#.to_owned()).ok();
    let after = redaction(Some(Arc::new(|_| {}))).apply(before.clone());
    assert_eq!(text(&after.input), text(&before.input));
    assert_eq!(Redaction::default().apply(before.clone()), before);
}

#[test]
fn the_hook_sees_parsed_values_and_changes_them() {
    let hook = |event: &mut RedactEvent| {
        assert_eq!(event.input["a"][0], "x [redacted] [redacted] y");
        event.input["b"] = "gone".into();
        event.output = Value::Null;
        event.error = None;
        event.metadata.remove("key");
        event.tags.clear();
        event.name.push('!');
        event.user = None;
    };
    let redacted = redaction(Some(Arc::new(hook))).apply(record());
    assert!(text(&redacted.input).contains(r#""b":"gone""#));
    assert_eq!(
        (&redacted.output, &redacted.error, &redacted.tags),
        (&None, &None, &None)
    );
    assert_eq!(redacted.name.as_deref(), Some("ask [redacted]!"));
    assert!(!redacted.metadata.contains_key("key") && redacted.user_id.is_none());
}

#[test]
fn a_hook_that_panics_withholds_the_payload() {
    let hook = |event: &mut RedactEvent| {
        event.name.clear();
        panic!("on purpose")
    };
    let mut before = record();
    before.session_id = Some("private".to_owned());
    before.user_id = Some("private".to_owned());
    before.scores = json_of(&json!(["private"]));
    let secret =
        json!({"mine": "private", "cost_usd": 0.5, "agent": "private", "agent_role": "private"});
    before.metadata = secret.as_object().unwrap().clone();
    before.error.as_mut().unwrap().message = "private".to_owned();
    before.output = None;
    let redacted = Redaction {
        hook: Some(Arc::new(hook)),
        ..Redaction::default()
    }
    .apply(before);
    let sent = serde_json::to_string(&redacted).unwrap();
    assert!(
        !sent.contains("private") && !sent.contains("user_ssn"),
        "{sent}"
    );
    assert_eq!(text(&redacted.input), format!("{WITHHELD:?}"));
    assert!(
        redacted.output.is_none(),
        "nothing was recorded, so nothing is withheld"
    );
    let metadata = json!({"cost_usd": 0.5, "withheld": true, "capture_complete": false});
    assert_eq!(Value::Object(redacted.metadata), metadata);
    assert_eq!(
        redacted.name.as_deref(),
        Some("ask sk-1"),
        "as without a hook"
    );
}

#[test]
fn a_hook_can_be_tested_by_itself() {
    let hook = |event: &mut RedactEvent| event.input["mine"] = "gone".into();
    let mut event = RedactEvent::new("step");
    event.input = json!({"mine": 1});
    hook(&mut event);
    assert_eq!(
        (event.name.as_str(), &event.input),
        ("step", &json!({"mine": "gone"}))
    );
}
