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

#[trace(max_step = 1, max_token = 1, max_use = 1, max_steps = 1, max_steps = 2)]
fn misspelt_budget() {}

fn main() {
    let _: u8 = keys(1);
    two_names();
    misspelt_budget();
}
