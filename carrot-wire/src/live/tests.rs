use proptest::prelude::*;

use super::*;

fn refused(text: &str) -> FrameError {
    ClientFrame::read(text).unwrap_err()
}

#[test]
fn the_frames_of_the_published_protocol_are_read() {
    let text =
        r#"{"type":"auth","api_key":"rt_1","resumable":true,"replay_generation":1,"acks":true}"#;
    let Ok(ClientFrame::Auth(auth)) = ClientFrame::read(text) else {
        panic!("no auth");
    };
    assert_eq!((&*auth.api_key, auth.replay_generation), ("rt_1", 1));
    assert!(auth.resumable && auth.acks && auth.project.is_none());
    assert_eq!(ClientFrame::write_auth(&auth), text);
    assert!(!format!("{auth:?}").contains("rt_1"));

    let text = "{\"seq\":7,\"data\": {\"a\" :\n[1.0]},\"more\":{},\"type\":\"span_ended\"}";
    let Ok(ClientFrame::Data(frame)) = ClientFrame::read(text) else {
        panic!("no data");
    };
    assert_eq!((frame.event, frame.seq), (Event::SpanEnded, Some(7)));
    assert_eq!(frame.data.get(), "{\"a\" :\n[1.0]}");
    assert!(matches!(
        ClientFrame::read(ClientFrame::PONG),
        Ok(ClientFrame::Pong)
    ));
}

#[test]
fn a_frame_of_no_use_is_named_with_its_number() {
    assert_eq!(
        refused(r#"{"type":"span_ended","seq":3}"#),
        FrameError {
            seq: Some(3),
            message: "data: is missing".to_owned()
        }
    );
    assert_eq!(
        refused(r#"{"type":"nonsense","data":{},"seq":4}"#),
        FrameError {
            seq: Some(4),
            message: "type: there is no frame \"nonsense\"".to_owned()
        }
    );
    let long = format!(r#"{{"type":"auth","api_key":"{}"}}"#, "k".repeat(5_000));
    assert_eq!(refused(&long).message, "api_key: longer than 4096 bytes");
    for text in ["", "{}", "[]", "{\"type\":1}", "not json"] {
        let error = refused(text);
        assert!(error.message.starts_with("not a frame: "), "{error}");
    }
    assert!(refused(&format!("\"{}\"", "é".repeat(1_000))).message.len() < 400);
}

#[test]
fn what_a_record_tells_is_seen_by_its_head() {
    for (record, event) in [
        (
            r#"{"id":1,"status":"running","name":"\u0061"}"#,
            Event::TraceStarted,
        ),
        (
            r#"{"input":{"status":1},"status":"running","parent_id":"x"}"#,
            Event::SpanStarted,
        ),
        (
            r#"{"status":"cancelled","parent_span_id":"x"}"#,
            Event::SpanEnded,
        ),
        (r#"{"status":"success"}"#, Event::TraceEnded),
        ("not json", Event::TraceEnded),
    ] {
        assert_eq!(Event::of(record), event, "{record}");
    }
}

#[test]
fn server_frames_are_as_published() {
    let id = RecordId(1);
    for (frame, text) in [
        (
            ServerFrame::AuthOk {
                max_frame_bytes: None,
            },
            r#"{"type":"auth_ok"}"#.to_owned(),
        ),
        (
            ServerFrame::Ack {
                id: Some(id),
                seq: Some(2),
            },
            format!(r#"{{"type":"ack","id":"{id}","seq":2}}"#),
        ),
        (
            ServerFrame::error("no", None),
            r#"{"type":"error","message":"no"}"#.to_owned(),
        ),
        (ServerFrame::Ping, r#"{"type":"ping"}"#.to_owned()),
        (ServerFrame::Halt, r#"{"type":"halt"}"#.to_owned()),
    ] {
        assert_eq!(frame.write(), text);
        assert_eq!(ServerFrame::read(&text), Ok(frame));
    }
    assert_eq!(
        ServerFrame::read(r#"{"type":"resume","data":{"forkId":"f"}}"#),
        Ok(ServerFrame::Other)
    );
    assert!(ServerFrame::read(r#"{"type":"ack","seq":"x"}"#).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = ClientFrame::read(&text);
        let _ = ServerFrame::read(&text);
        let _ = Event::of(&text);
        let framed = format!(r#"{{"type":"span_ended","data":{text},"seq":{text}}}"#);
        let _ = ClientFrame::read(&framed);
    }

    #[test]
    fn a_record_is_carried_as_it_is(text in "\\PC*", seq: u64) {
        let record = serde_json::json!({"name": text}).to_string();
        let frame = ClientFrame::write_data(Event::of(&record), &record, seq);
        match ClientFrame::read(&frame) {
            Ok(ClientFrame::Data(data)) => {
                prop_assert_eq!((data.data.get(), data.seq), (record.as_str(), Some(seq)));
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }
}
