//! What cannot be traced.

use carrot_ai::trace;

#[trace]
const fn constant() -> u8 {
    1
}

#[trace]
struct Point {
    x: u8,
}

#[trace]
impl Point {
    fn method(&self) -> u8 {
        self.x
    }
}

#[trace(nam = "also")]
mod module {}

#[trace]
const NUMBER: u8 = 1;

fn main() {
    const CALLED: u8 = constant();
    let _ = (Point { x: CALLED }.method(), NUMBER);
}
