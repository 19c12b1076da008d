//! `skip` names arguments of the function.

use carrot_ai::trace;

#[trace(skip(quesion, question, question, other, 5))]
fn skips(question: &str) {
    let _ = question;
}

struct Point(u8);

impl Point {
    #[trace(skip(self, y))]
    fn method(&self, (x, _): (u8, u8)) -> u8 {
        self.0 + x
    }
}

#[trace(skip())]
fn nothing() {}

fn main() {
    skips("");
    nothing();
    Point(1).method((1, 2));
}
