use carrot_wire::{Status, TraceId};

use super::*;

fn part(slot: Slot) -> Part {
    Part::new(slot.into(), Payload::Bytes(b"1".to_vec()), false)
}

fn key(span: SpanId) -> Key {
    Key {
        trace: TraceId(1),
        span,
        client: 1,
        flags: 0,
    }
}

/// A span that began on one thread and ended on another: its end may be met before its values.
#[test]
fn a_span_leaves_in_the_reading_after_its_end() {
    let span = SpanId(2);
    let start = Start {
        site: 1,
        parent: SpanId(0),
        root: true,
        ticks: 5,
    };
    let end = End {
        start,
        ticks: 9,
        status: Status::Success,
    };
    let mut open = OpenTrace::new(key(span), 0);
    open.ended(key(span), end, 7);
    assert!(!open.has_finished(7) && open.take_finished(7).is_empty());
    // The eighth reading meets what the seventh passed by.
    open.started(key(span), start);
    open.value(span, part(Slot::Input));
    assert!(open.has_finished(8));
    let finished = open.take_finished(8);
    assert_eq!(finished.len(), 1);
    assert_eq!(finished[0].parts.iter().count(), 1);
    assert!(open.is_empty() && open.running(true).is_empty());
}

#[test]
fn what_runs_is_shown_once_and_the_root_without_being_asked() {
    let start = |parent| Start {
        site: 1,
        parent: SpanId(parent),
        root: parent == 0,
        ticks: 5,
    };
    let mut open = OpenTrace::new(key(SpanId(2)), 0);
    open.started(key(SpanId(2)), start(0));
    open.started(key(SpanId(3)), start(2));
    let shown = |spans: Vec<FinishedSpan>| spans.iter().map(|span| span.span.0).collect::<Vec<_>>();
    assert_eq!(shown(open.running(false)), [2]);
    assert_eq!(shown(open.running(true)), [3]);
    assert!(open.running(true).is_empty());
}

#[test]
fn what_is_said_too_late_is_forgotten() {
    let mut open = OpenTrace::new(key(SpanId(2)), 0);
    let start = Start {
        site: 1,
        parent: SpanId(0),
        root: false,
        ticks: 5,
    };
    open.started(key(SpanId(3)), start);
    for span in [SpanId(2), SpanId(3)] {
        open.value(span, part(Slot::Output));
    }
    open.forget_unknown();
    assert!(open.parts.get(SpanId(3)).is_some() && open.parts.len() == 1);
}
