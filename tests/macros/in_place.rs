//! Functions whose body is not moved into a closure.

use std::panic::{Location, catch_unwind};

use carrot_ai::testing::capture;
use carrot_ai::trace;

use crate::span;

#[trace]
fn note() {}

#[test]
fn track_caller_sees_the_caller() {
    #[trace]
    #[track_caller]
    fn located(number: u8) -> (u32, u8) {
        note();
        (Location::caller().line(), number)
    }
    let traces = capture(|| assert_eq!(located(1), (line!(), 1)));
    let located = span(&traces, "located");
    assert_eq!(located.status(), "success");
    assert_eq!(located.input()["number"], 1);
    assert!(located.output().is_null());
    assert_eq!(located.children()[0].name(), "note");
}

#[test]
fn a_returned_closure_keeps_its_types() {
    #[trace]
    fn longer(than: usize) -> impl Fn(&str) -> bool {
        note();
        move |text| text.len() > than
    }
    let traces = capture(|| assert!(longer(1)("ab")));
    let longer = span(&traces, "longer");
    assert_eq!(longer.status(), "success");
    assert_eq!(longer.children().len(), 1);
}

#[test]
fn a_panic_in_place_goes_on() {
    #[trace]
    #[track_caller]
    fn fails() {
        panic!("on purpose");
    }
    let traces = capture(|| {
        catch_unwind(fails).unwrap_err();
    });
    assert_eq!(span(&traces, "fails").status(), "error");
    assert_eq!(span(&traces, "fails").error().unwrap().kind, "panic");
}
