//! The expansion relies on no name that a user could take away.
#![no_implicit_prelude]
#![deny(warnings, clippy::all, clippy::pedantic)]
#![allow(
    dead_code,
    clippy::wrong_self_convention,
    unused_imports,
    unused_macros
)]

mod std {}
mod core {}
mod carrot_ai {}

struct String;
struct Box;
struct Vec;
struct Pin;
enum Result {
    Ok,
    Err,
}
enum Option {
    Some,
    None,
}
use Option::{None, Some};
use Result::{Err, Ok};

struct Span;
struct Site;
struct Probe;
const SITE: u8 = 7;
fn run() {}
macro_rules! line {
    () => {
        compile_error!("the user's macro was called")
    };
}
macro_rules! module_path {
    () => {
        compile_error!("the user's macro was called")
    };
}

/// Every method the expansion might call, on every type.
trait Greedy: ::core::marker::Sized {
    fn run(self) {}
    fn call(self) {}
    fn open(self) {}
    fn scope(self) {}
    fn input(self) {}
    fn output(self) {}
    fn field(self) {}
    fn capture(self) {}
    fn split(self) {}
    fn describe(self) {}
    fn location(self) {}
    fn kind(self) {}
    fn level(self) {}
    fn session(self) {}
    fn user(self) {}
    fn as_ref(self) {}
}
impl<T> Greedy for T {}

#[::carrot_ai::trace]
fn plain(name: &str, __span: u8) -> u8 {
    SITE + __span + name.as_bytes()[0]
}

#[::carrot_ai::trace]
fn shadowed(text: String) -> Result {
    let _ = text;
    Ok
}

#[::carrot_ai::trace(
    name = ::core::primitive::str::trim(" computed "),
    kind = LlmCall,
    level = Debug,
    session = "s",
    user = ::core::primitive::str::trim(" u "),
    tags = ["a", ::core::primitive::str::trim(" b ")],
    metadata = {"one": 1, "two": 1 + 1}
)]
async fn asynchronous(flag: bool) -> ::core::result::Result<Option, String> {
    if flag {
        return ::core::result::Result::Err(String);
    }
    ::core::result::Result::Ok(None)
}

#[::carrot_ai::trace]
fn boxed() -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = u8>>> {
    ::std::boxed::Box::pin(async { 1 })
}
