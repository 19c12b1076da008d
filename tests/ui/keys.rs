//! Every mistake is reported at once, each on its own token, and the function is still there.

use carrot_ai::trace;

#[trace(
    nam = "misspelt",
    fields(a),
    tags = ["fine"],
    tags = ["twice"],
    capture_input,
    capture_output =,
    skip,
    skip(),
    skip_all = true,
    crate = "quoted",
    kind = ToolCal,
    "late",
    = 1
)]
fn keys(a: u8) -> u8 {
    a
}

#[trace("one", name = "two")]
fn two_names() {}

fn main() {
    let _: u8 = keys(1);
    two_names();
}
