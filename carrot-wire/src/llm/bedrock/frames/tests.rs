use proptest::prelude::*;

use super::*;

fn read(body: &[u8]) -> Vec<Result<Value, &'static str>> {
    let mut frames = Vec::new();
    each_frame(&[Bytes::copy_from_slice(body)], |frame| frames.push(frame));
    frames
}

fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    for (name, value) in headers {
        written.push(name.len() as u8);
        written.extend(name.as_bytes());
        written.push(STRING);
        written.extend((value.len() as u16).to_be_bytes());
        written.extend(value.as_bytes());
    }
    let length = PRELUDE + written.len() + payload.len() + CHECKSUM;
    let mut frame = Vec::from((length as u32).to_be_bytes());
    frame.extend((written.len() as u32).to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(written);
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

fn event(name: &str, payload: &str) -> Vec<u8> {
    let headers = [
        (":message-type", "event"),
        (":event-type", name),
        (":content-type", "application/json"),
    ];
    frame(&headers, payload.as_bytes())
}

/// The vector "all headers" of the AWS C library's tests of this format: a header of each type.
#[test]
fn headers_of_every_type_are_passed() {
    let mut headers = Vec::new();
    for (kind, value) in [
        (0, vec![]),
        (1, vec![]),
        (2, vec![1]),
        (3, vec![0, 1]),
        (4, vec![0; 4]),
        (5, vec![0; 8]),
        (6, vec![0, 2, 9, 9]),
        (8, vec![0; 8]),
        (9, vec![0; 16]),
    ] {
        headers.extend([1, b'h', kind]);
        headers.extend(value);
    }
    headers.extend([11]);
    headers.extend(b":event-type");
    headers.extend([7, 0, 4]);
    headers.extend(b"last");
    let frame = Frame {
        headers: &headers,
        payload: b"{}",
    };
    assert_eq!(frame.into_json(), Ok(json!({ "last": {} })));
}

/// The frame "empty message" of the specification's test suite.
#[test]
fn an_empty_frame_is_read() {
    let empty = [
        0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8,
        0xff,
    ];
    assert_eq!(frame(&[], b""), empty);
    assert_eq!(read(&empty), [Ok(json!({ "": null }))]);
}

#[test]
fn frames_are_read_however_they_are_split() {
    let body = [event("a", "{\"x\":1}"), event("b", "{}"), event("c", "[")].concat();
    let expected = [
        Ok(json!({ "a": { "x": 1 } })),
        Ok(json!({ "b": {} })),
        Err("a stream event is not JSON"),
    ];
    assert_eq!(read(&body), expected);
    let mut frames = Vec::new();
    let pieces: Vec<Bytes> = body.chunks(3).map(Bytes::copy_from_slice).collect();
    each_frame(&pieces, |frame| frames.push(frame));
    assert_eq!(frames, expected);
    // A frame of which the end is missing is none.
    assert_eq!(read(&body[..body.len() - 1]), expected[..2]);
}

#[test]
fn errors_of_both_kinds_are_errors() {
    let exception = frame(
        &[
            (":message-type", "exception"),
            (":exception-type", "throttlingException"),
        ],
        br#"{"message":"slow down"}"#,
    );
    assert_eq!(
        read(&exception),
        [Ok(
            json!({ "error": { "type": "throttlingException", "message": "slow down" } })
        )]
    );
    let error = frame(
        &[
            (":message-type", "error"),
            (":error-code", "500"),
            (":error-message", "oh"),
        ],
        b"",
    );
    assert_eq!(
        read(&error),
        [Ok(json!({ "error": { "type": "500", "message": "oh" } }))]
    );
}

#[test]
fn a_flipped_bit_is_seen() {
    let body = event("a", "{\"x\":1}");
    for at in 0..body.len() {
        let mut damaged = body.clone();
        damaged[at] ^= 0x10;
        assert_eq!(
            read(&damaged),
            [Err("a frame of the stream is damaged")],
            "{at}"
        );
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes);
    }

    #[test]
    fn no_frame_panics(headers in prop::collection::vec(any::<u8>(), 0..60), payload in ".{0,40}") {
        let frame = Frame { headers: &headers, payload: payload.as_bytes() };
        let _ = frame.into_json();
    }
}
