//! The user's lints still fire inside of the body.
#![deny(unused)]
#![allow(dead_code)]

use carrot_ai::trace;

#[trace]
fn sync(a: u8) -> u8 {
    let unused = 1;
    let mut never_changed = a;
    never_changed
}

#[trace]
async fn asynchronous(mut a: u8) -> u8 {
    let unused = 1;
    return a;
    a
}

#[trace]
fn must_use() {
    Ok::<u8, u8>(1);
}

fn main() {}
