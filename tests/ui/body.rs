//! Errors and lints inside of the body are the user's own.
#![allow(unused)]

use carrot_ai::trace;

#[trace]
fn mismatched(a: u8) -> String {
    a
}

#[trace]
async fn mismatched_early(a: u8) -> Result<u8, String> {
    if a > 1 {
        return Err(a);
    }
    Ok(a)
}

#[trace]
fn borrowed() -> &'static str {
    let text = String::new();
    &text
}

#[trace(name = 5 + 5, tags = [Vec::<u8>::new()])]
fn not_text() {}

#[trace(session = 1.5 + 1.5, user = missing)]
fn no_ids() {}

fn main() {}
