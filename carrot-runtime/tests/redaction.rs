//! What the program has redacted, and its limits, as they reach the file that traces are written to. One test: the
//! settings are the process's.

use carrot_runtime::testing::capture;
use carrot_runtime::{Deferred, Site, Span, builder};
use carrot_wire::{Json, Record};
use serde_json::{Value, json};

static STEP: Site = Site::new("step");
static CALL: Site = Site::new("call");
static HOOKED: Site = Site::new("hooked");
static BROKEN: Site = Site::new("broken");

/// What a wrapped client leaves: parsed on the exporter's thread.
struct Call;

impl Deferred for Call {
    fn resolve(self: Box<Self>, record: &mut Record) {
        record.input = Some(Json::from_value(
            &json!({"user_ssn": "hunter2", "content": "key-7"}),
        ));
    }
}

fn step(site: &'static Site) {
    let mut span = Span::open(site);
    span.input(|fields| {
        fields.field("ssn", |to| to.text("hunter2"));
        fields.field("password", |to| to.text("hunter2"));
        fields.field("text", |to| to.text("the key-1 and key-22"));
    });
    span.output(|to| to.serialize(&[[["deep"]]]));
    span.tag("key-3");
    span.fail("Error", "bad key-4");
    span.end();
}

#[test]
fn what_is_sent_is_redacted_and_what_a_test_captures_is_not_asked_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("traces.jsonl");
    let guard = builder()
        .base_url(format!("file://{}", file.display()))
        .redact_names(["ssn"])
        .redact_pattern("key-[0-9]+")
        .redact(|event| {
            assert_ne!(event.name, "broken", "on purpose");
            if event.name == "hooked" {
                event.input = json!({"looked": event.input["text"].is_string()});
            }
        })
        .max_value_bytes(40)
        .max_depth(2)
        .init();
    let _guard = guard.expect("nothing started before");

    step(&STEP);
    step(&HOOKED);
    step(&BROKEN);
    let mut call = Span::open(&CALL);
    call.defer(Box::new(Call));
    call.output(|to| to.text(&"long ".repeat(20)));
    call.end();
    // A capture is the same in every program: the built-in names, the default limits.
    let captured = capture(|| step(&STEP));

    assert!(carrot_runtime::flush().is_complete());
    let sent = std::fs::read_to_string(&file).unwrap();
    assert!(
        !sent.contains("hunter2") && !sent.contains("key-"),
        "{sent}"
    );
    let sent: Vec<Value> = sent
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let sent = |name| sent.iter().find(|record| record["name"] == name).unwrap();

    let text = "the [redacted] and [redacted]";
    let plain = sent("step");
    assert_eq!(
        plain["input"],
        json!({"ssn": "[redacted]", "password": "[redacted]", "text": text})
    );
    assert_eq!(plain["output"], json!([["…"]]));
    assert_eq!(plain["metadata"]["truncated"], true);
    assert_eq!(plain["error"]["message"], "bad [redacted]");
    assert_eq!(plain["tags"], json!(["[redacted]"]));

    assert_eq!(sent("hooked")["input"], json!({"looked": true}));
    assert_eq!(
        sent("call")["input"],
        json!({"user_ssn": "[redacted]", "content": "[redacted]"})
    );
    assert_eq!(sent("call")["output"], format!("{}…", "long ".repeat(8)));

    let broken = sent("broken");
    let withheld = "[withheld: the redact hook panicked]";
    assert_eq!(
        (&broken["input"], &broken["output"]),
        (&json!(withheld), &json!(withheld))
    );
    assert_eq!(broken["error"]["message"], withheld);
    assert_eq!(broken["metadata"]["capture_complete"], false);
    assert_eq!(broken["status"], "error");

    let captured = captured.find("step").unwrap();
    assert_eq!(captured.input()["password"], "[redacted]");
    assert_eq!(captured.input()["ssn"], "hunter2");
    assert_eq!(captured.input()["text"], "the key-1 and key-22");
    assert!(captured.metadata().get("truncated").is_none());
}
