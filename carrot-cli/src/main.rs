//! carrot
fn main() {}
