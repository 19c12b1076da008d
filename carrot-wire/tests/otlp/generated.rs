//! Requests nobody thought of.

use carrot_wire::Record;
use carrot_wire::otlp::{Encoding, read};
use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::prelude::*;
use prost::Message;
use serde_json::{Map, Value};

use crate::requests::{event, failed, key_values, request, span, taken};

fn a_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i16>().prop_map(|it| Value::from(f64::from(it) / 4.0 + 0.125)),
        "\\PC{0,12}".prop_map(Value::from),
        Just(Value::from(
            r#"[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#
        )),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Value> {
    static KNOWN: [&str; 22] = [
        "gen_ai.operation.name",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.usage.input_tokens",
        "gen_ai.request.model",
        "gen_ai.event.content",
        "gen_ai.prompt.0.content",
        "exception.type",
        "exception.message",
        "message",
        "content",
        "role",
        "id",
        "error.type",
        "openinference.span.kind",
        "llm.input_messages.0.message.role",
        "input.value",
        "tag.tags",
        "session.id",
        "carrot.level",
        "langfuse.observation.usage_details",
        "mlflow.spanInputs",
    ];
    let name = prop_oneof![
        prop::sample::select(&KNOWN[..]).prop_map(str::to_owned),
        "[a-z.]{1,8}"
    ];
    prop::collection::btree_map(name, a_value(), 0..6)
        .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>()))
}

prop_compose! {
    fn a_span()(
        trace_id in any::<[u8; 16]>(), span_id in any::<[u8; 8]>(), parent in prop::collection::vec(any::<u8>(), 0..10),
        name in "\\PC{0,10}", kind in -1..8i32, times in (any::<u64>(), 0..u64::MAX / 2),
        said in attributes(), fails in any::<bool>(), status in "\\PC{0,8}",
        events in prop::collection::vec((prop::sample::select(&[
            "exception", "gen_ai.user.message", "gen_ai.tool.message", "gen_ai.choice", "gen_ai.content.prompt", "x",
        ][..]), attributes()), 0..4),
    ) -> Span {
        Span {
            trace_id: trace_id.to_vec(),
            span_id: span_id.to_vec(),
            parent_span_id: parent,
            name,
            kind,
            start_time_unix_nano: times.0,
            end_time_unix_nano: times.1,
            attributes: key_values(said),
            events: events.into_iter().map(|(name, said)| event(name, said)).collect(),
            status: if fails { failed(&status) } else { None },
            ..Span::default()
        }
    }
}

proptest! {
    /// And each record can be stored.
    #[test]
    fn both_encodings_say_the_same(spans in prop::collection::vec(a_span(), 0..4), ours: bool) {
        let scope = if ours { "carrot-ai" } else { "s" };
        let count = spans.len();
        let taken = taken(scope, spans);
        prop_assert_eq!(taken.records.len() + taken.rejected, count);
        for record in taken.records {
            let read = Record::from_json(&serde_json::to_string(&record).unwrap());
            prop_assert_eq!(read.unwrap(), record);
        }
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, text in "\\PC*") {
        for encoding in [Encoding::Protobuf, Encoding::Json] {
            let _ = read(encoding, &bytes);
            let _ = read(encoding, text.as_bytes());
        }
        let span = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{text}]}}]}}]}}"#);
        let _ = read(Encoding::Json, span.as_bytes());
    }

    #[test]
    fn no_damage_panics(
        damaged in a_span(), at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>(),
    ) {
        let mut body = request("s", vec![span("x"), damaged]).encode_to_vec();
        let place = at.index(body.len());
        body[place] = byte;
        let _ = read(Encoding::Protobuf, &body);
        body.truncate(cut.index(body.len()));
        let _ = read(Encoding::Protobuf, &body);
    }
}
