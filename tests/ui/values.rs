//! Values of the wrong type.

use carrot_ai::trace;

#[trace(name = 5, tags = "list", metadata = ["object"], kind = 1 + 1, capture_input = "no")]
fn wrong_values() {}

#[trace(tags = ["a", 1, b'x', 'c'])]
fn wrong_tags() {}

#[trace(kind = "toolcall", kind = SpanKind::Everything)]
fn wrong_kind() {}

#[trace(kind = Everything)]
fn unknown_kind() {}

#[trace(level = warning, session = 5, user = b"ada", resumable = true)]
fn wrong_level() {}

#[trace(level = "INFO", session, user =, resumable(x))]
fn unknown_level() {}

#[trace(level = 3, session = "a", session = "b", resumable, resumable)]
fn no_level() {}

#[trace(metadata = {
    plain: 1,
    "no_value",
    "empty": ,
    "twice": 1,
    "twice": 2,
    "nested": {"deep": variable},
    "good": true,
    1: 2,
})]
fn wrong_metadata() {}

#[trace(max_steps = 0, max_tokens = 0u64, max_usd = 0.0)]
fn no_budget() {}

#[trace(max_steps = "20", max_tokens = 1.5, max_usd = "0.50")]
fn wrong_budget() {}

#[trace(max_steps, max_tokens =, max_usd)]
fn empty_budget() {}

#[trace(3.5)]
fn not_a_name() {}

#[trace(name = "a" "b")]
fn no_comma() {}

fn main() {
    wrong_values();
    wrong_tags();
    wrong_kind();
    unknown_kind();
    wrong_level();
    unknown_level();
    no_level();
    wrong_metadata();
    no_budget();
    wrong_budget();
    empty_budget();
    not_a_name();
    no_comma();
}
