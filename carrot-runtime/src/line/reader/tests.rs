use super::*;
use crate::context::{Ctx, INHERITED, SKELETON};
use crate::line::frame::{boxed, end, its_end, its_value, start, value};

#[test]
fn frames_are_read_back_as_written() {
    let chunk = Chunk::new(80);
    let ctx = Ctx {
        trace: [1, 2],
        span: 3,
        client: 4,
        flags: SKELETON | 5 << INHERITED,
    };
    let key = Key {
        trace: ctx.trace_id(),
        span: SpanId(3),
        client: 4,
        flags: ctx.flags,
    };
    let began = Start {
        site: 7,
        parent: SpanId(0),
        root: true,
        ticks: 100,
    };
    let ended = End {
        start: Start {
            parent: SpanId(9),
            root: false,
            ..began
        },
        ticks: 200,
        status: Status::Cancelled,
    };
    let said = Said {
        slot: Slot::Output,
        at: 55,
    };
    let mut at = chunk.append(0, start(&ctx, began)).unwrap();
    for text in ["", "1", "12345678", "123456789"] {
        at = chunk
            .append_bytes(at, value(&ctx, said, true, text.len()), text.as_bytes())
            .unwrap();
    }
    for text in ["", "12", "12345678", "123456789"] {
        let head = its_value(Slot::Event, false, text.len());
        at = chunk.append_bytes(at, head, text.as_bytes()).unwrap();
    }
    at = chunk
        .append(at, boxed(&ctx, Slot::Deferred.into(), false, 77))
        .unwrap();
    at = chunk.append(at, end(&ctx, ended)).unwrap();
    at = chunk.append(at, its_end(300, Status::Error)).unwrap();
    assert_eq!(chunk.published(), at);
    assert!(
        chunk.append(at, [0; 80]).is_none(),
        "a frame that does not fit is not begun"
    );

    let mut reader = Reader::new(&chunk);
    // As far as the first value at first: the rest is read later.
    let mut frames: Vec<Frame> = std::iter::from_fn(|| reader.next(14)).collect();
    assert_eq!(frames.len(), 2);
    frames.extend(std::iter::from_fn(|| reader.next(chunk.published())));
    let its = |text: &str| Frame::Value(key, Slot::Event.into(), text.as_bytes().to_vec(), false);
    let value = |text: &str| Frame::Value(key, said, text.as_bytes().to_vec(), true);
    assert_eq!(
        frames,
        [
            Frame::Start(key, began),
            value(""),
            value("1"),
            value("12345678"),
            value("123456789"),
            its(""),
            its("12"),
            its("12345678"),
            its("123456789"),
            Frame::Boxed(key, Slot::Deferred.into(), 77, false),
            Frame::End(key, ended),
            Frame::End(
                key,
                End {
                    start: began,
                    ticks: 300,
                    status: Status::Error
                }
            ),
        ]
    );
}

#[test]
fn bytes_of_any_length_are_read_back() {
    let text: Vec<u8> = (1..=200).collect();
    let chunk = Chunk::new(64);
    for length in 0..=text.len() {
        let bytes = &text[..length];
        let end = chunk.append_bytes(1, [7], bytes).unwrap();
        assert_eq!(end, 2 + length.div_ceil(8));
        assert_eq!((chunk.word(1), chunk.bytes(2, length)), (7, bytes.to_vec()));
    }
}
