//! Arguments and outputs, as they are recorded.

use std::sync::{Arc, Mutex};

use carrot_ai::testing::capture;
use carrot_ai::trace;
use serde::Serialize;
use serde_json::json;

use crate::span;

#[derive(Serialize, Clone)]
struct Point {
    x: u8,
    y: u8,
}

#[derive(Debug)]
struct Shown(#[expect(dead_code, reason = "read by Debug")] u8);

struct Opaque;

impl Point {
    #[trace]
    fn sum(&self, more: u8) -> u8 {
        self.x + self.y + more
    }
}

#[test]
fn arguments_by_name_and_the_output() {
    #[trace]
    fn shift(point: &mut Point, by: u8, label: Option<&str>) -> Point {
        point.x += by;
        point.y += label.map_or(0, |label| label.as_bytes()[0]);
        point.clone()
    }
    let traces = capture(|| {
        shift(&mut Point { x: 1, y: 2 }, 3, None);
    });
    let shift = span(&traces, "shift");
    assert_eq!(
        shift.input(),
        &json!({"point": {"x": 1, "y": 2}, "by": 3, "label": null})
    );
    assert_eq!(shift.output(), &json!({"x": 4, "y": 2}));
    assert_eq!(shift.status(), "success");
}

#[test]
fn a_returned_reborrow_is_recorded_and_given_back() {
    #[trace]
    fn first(points: &mut [Point]) -> &mut Point {
        points[0].x += 1;
        &mut points[0]
    }
    let traces = capture(|| {
        let mut points = [Point { x: 1, y: 2 }];
        first(&mut points).y = 9;
        assert_eq!((points[0].x, points[0].y), (2, 9));
    });
    assert_eq!(span(&traces, "first").input()["points"][0]["x"], 1);
    assert_eq!(span(&traces, "first").output(), &json!({"x": 2, "y": 2}));
}

#[test]
fn debug_where_there_is_no_json_and_else_the_type() {
    #[trace]
    fn look(_shown: Shown, opaque: Opaque, closure: impl Fn()) -> Opaque {
        closure();
        opaque
    }
    let traces = capture(|| {
        look(Shown(1), Opaque, || {});
    });
    let look = span(&traces, "look");
    assert_eq!(look.input()["_shown"], "Shown(1)");
    let name = look.input()["opaque"].as_str().unwrap();
    assert!(name.ends_with("Opaque"), "{name}");
    assert!(look.input()["closure"].is_string());
    assert_eq!(look.output(), &json!(name));
}

#[test]
fn a_generic_argument_by_its_bounds() {
    #[trace]
    fn bounded<T: Serialize + ?Sized>(value: &T) {
        let _ = value;
    }
    #[trace]
    fn unbounded<T>(value: T) -> T {
        value
    }
    let traces = capture(|| {
        bounded("text");
        unbounded(7_u8);
    });
    assert_eq!(span(&traces, "bounded").input(), &json!({"value": "text"}));
    assert_eq!(span(&traces, "unbounded").input(), &json!({"value": "u8"}));
}

#[test]
fn patterns_by_what_they_bind() {
    #[trace]
    fn unpack(
        (a, _): (u8, u8),
        Point { x, y: renamed }: Point,
        _: u8,
        r#type: u8,
        [first, .., mut last]: [u8; 3],
    ) -> u8 {
        last += 1;
        a + x + renamed + r#type + first + last
    }
    let traces = capture(|| {
        unpack((1, 2), Point { x: 3, y: 4 }, 5, 6, [7, 8, 9]);
    });
    let expected = json!({"a": 1, "x": 3, "renamed": 4, "type": 6, "first": 7, "last": 9});
    assert_eq!(span(&traces, "unpack").input(), &expected);
}

#[test]
fn a_receiver_is_not_recorded() {
    let traces = capture(|| {
        Point { x: 1, y: 2 }.sum(3);
    });
    assert_eq!(span(&traces, "sum").input(), &json!({"more": 3}));
    assert_eq!(span(&traces, "sum").output(), &json!(6));
}

#[test]
fn skipped_arguments_are_marked_and_others_left_out() {
    #[trace(skip(r#type, b))]
    fn some(a: u8, b: &Opaque, r#type: u8) -> u8 {
        let Opaque = b;
        a + r#type
    }
    #[trace(skip_all)]
    fn all(a: u8) -> u8 {
        a
    }
    #[trace(capture_input = false, capture_output = false)]
    fn nothing(a: u8) -> u8 {
        a
    }
    let traces = capture(|| {
        some(1, &Opaque, 2);
        all(1);
        nothing(1);
    });
    let some = span(&traces, "some").input();
    assert_eq!(some["a"], 1);
    assert_eq!(some["type"], some["b"]);
    assert_ne!(some["type"], 2);
    assert!(span(&traces, "all").input().is_null());
    assert_eq!(span(&traces, "all").output(), 1);
    assert!(span(&traces, "nothing").input().is_null());
    assert!(span(&traces, "nothing").output().is_null());
}

#[test]
fn a_lock_that_the_caller_holds_does_not_block() {
    #[trace]
    fn peek(shared: &Arc<Mutex<u8>>) -> bool {
        shared.try_lock().is_ok()
    }
    let traces = capture(|| {
        let shared = Arc::new(Mutex::new(7));
        let _held = shared.lock().unwrap();
        assert!(!peek(&shared));
    });
    assert_eq!(span(&traces, "peek").output(), false);
}

#[test]
fn an_iterator_is_not_used_up() {
    #[trace]
    fn numbers(to: u8) -> impl Iterator<Item = u8> {
        (0..to).map(|number| number * 2)
    }
    let traces = capture(|| assert_eq!(numbers(3).sum::<u8>(), 6));
    assert_eq!(span(&traces, "numbers").status(), "success");
}

#[test]
fn nothing_returned_is_no_output() {
    #[trace]
    fn tick() {}
    let traces = capture(tick);
    assert!(span(&traces, "tick").output().is_null());
    assert!(span(&traces, "tick").input().is_null());
}
