//! Every kind of signature compiles as it did without the attribute.
#![deny(warnings, clippy::all, clippy::pedantic)]
#![allow(dead_code, unsafe_code)]
#![allow(
    clippy::elidable_lifetime_names,
    clippy::needless_pass_by_value,
    clippy::non_minimal_cfg,
    clippy::too_many_arguments,
    clippy::toplevel_ref_arg,
    clippy::trivially_copy_pass_by_ref
)]

use std::fmt::{Debug, Display};

use carrot_ai::trace;

struct Opaque;
struct Store {
    items: Vec<String>,
}

#[trace]
fn reborrowed(items: &mut Vec<String>) -> &mut String {
    if items.is_empty() {
        items.push(String::new());
    }
    &mut items[0]
}

#[trace]
fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
    if a.len() > b.len() { a } else { b }
}

#[trace]
fn iterates(items: &[u8]) -> impl Iterator<Item = u8> + '_ {
    items.iter().map(|item| item + 1)
}

#[trace]
fn uses<'a, T: Display>(text: &'a str, _other: T) -> impl Display + use<'a, T> {
    text
}

#[trace]
fn nested(empty: bool) -> Result<impl Iterator<Item = impl Debug>, std::num::ParseIntError> {
    if empty {
        let number = "x".parse::<u8>()?;
        return Ok(vec![number].into_iter());
    }
    Ok(vec![1].into_iter())
}

#[trace]
fn closure(limit: usize) -> impl Fn(&str) -> bool {
    move |text| text.len() > limit
}

#[trace]
fn closure_in_result(limit: usize) -> Option<impl Fn(&str) -> bool + Clone> {
    if limit == 0 {
        return None;
    }
    Some(move |text: &str| text.len() > limit)
}

#[trace]
fn boxed_closure(limit: usize) -> Box<dyn Fn(&str) -> bool> {
    Box::new(move |text| text.len() > limit)
}

#[trace]
fn coerced(text: bool) -> Result<Box<dyn Display>, Box<dyn std::error::Error>> {
    if text {
        return Ok(Box::new("text"));
    }
    Ok(Box::new("12".parse::<u8>()?))
}

#[trace]
fn function_pointer(parse: fn(&str) -> Option<&str>) -> for<'a> fn(&'a str) -> Option<&'a str> {
    parse
}

#[trace]
fn constant<const N: usize>(bytes: [u8; N]) -> [u8; N] {
    bytes
}

#[trace]
fn unbounded<T>(value: T) -> T {
    value
}

#[trace]
fn unsized_reference<T: ?Sized + Debug>(value: &T, other: &dyn Debug) -> String {
    format!("{value:?}{other:?}")
}

#[trace]
fn opaque(value: Opaque, by_mut: &mut Opaque) -> Opaque {
    *by_mut = Opaque;
    value
}

#[trace]
fn impl_argument(value: impl Into<String>, run: impl FnOnce() -> u8) -> (String, u8) {
    (value.into(), run())
}

#[trace]
fn patterns(
    mut count: u8,
    (left, mut right): (u8, u8),
    Store { items, .. }: Store,
    _: u8,
    whole @ [first, ..]: [u8; 3],
    &borrowed: &u8,
    ref by_ref: String,
    (_, _ignored): (u8, u8),
) -> usize {
    count += left;
    right += count;
    usize::from(right + first + borrowed + whole[0]) + items.len() + by_ref.len()
}

#[trace]
fn r#match(r#type: &str) -> &str {
    r#type
}

#[trace]
unsafe fn dangerous(pointer: *const u8) -> u8 {
    unsafe { *pointer }
}

#[trace]
extern "C" fn foreign(number: i32) -> i32 {
    number
}

#[trace]
fn recursive(number: u64) -> u64 {
    if number < 2 {
        1
    } else {
        number * recursive(number - 1)
    }
}

#[trace]
fn never(code: i32) -> ! {
    std::process::exit(code)
}

#[trace]
fn gated(#[cfg(any())] absent: u8, #[cfg(all())] present: u8, last: u8) -> u8 {
    present + last
}

#[trace]
fn inner_attributes() {
    #![allow(unused_variables)]
    let unused = 1;
}

/// Items come before the statements of the expansion, as they did.
#[trace]
fn inner_items(number: u8) -> u8 {
    use std::cmp::max;
    const STEP: u8 = 1;
    fn add(number: u8) -> u8 {
        number + STEP
    }
    max(add(number), 2)
}

#[trace]
#[track_caller]
fn inner_items_in_place(number: u8) -> u8 {
    const STEP: u8 = 1;
    number + STEP
}

#[trace]
fn future_in_result(flag: bool) -> Result<Box<dyn Future<Output = u8>>, Opaque> {
    if flag {
        return Err(Opaque);
    }
    Ok(Box::new(async { 1 }))
}

#[trace]
fn shared_then_mutable<'a>(items: &'a mut [String], key: &str) -> Option<&'a mut String> {
    items.iter_mut().find(|item| *item == key)
}

/// Documented.
#[must_use]
#[inline]
#[trace]
#[allow(clippy::let_and_return)]
pub(crate) fn attributes() -> u8 {
    let value = 1;
    value
}

#[trace]
#[track_caller]
fn located() -> u32 {
    std::panic::Location::caller().line()
}

#[trace]
fn conditional<T, E>(result: Result<T, E>) -> Result<T, E>
where
    E: Clone,
{
    let value = result?;
    Ok(value)
}

/// Assigned to for its `Drop` alone.
struct Permit(u8);

impl Drop for Permit {
    fn drop(&mut self) {
        assert!(self.0 < 9);
    }
}

impl Permit {
    #[trace]
    fn forget(mut self) {
        self.0 = 0;
    }
}

#[trace]
fn give_back((mut permit, _): (Permit, Permit)) {
    permit.0 = 0;
}

#[trace]
async fn give_back_later(mut permit: Permit) {
    permit.0 = 0;
}

impl Store {
    #[trace]
    fn new() -> Self {
        Self { items: Vec::new() }
    }

    #[trace]
    fn add(&mut self, item: String) -> &mut Self {
        self.items.push(item);
        self
    }

    #[trace]
    fn first(&self) -> Option<&str> {
        self.items.first().map(String::as_str)
    }

    #[trace(skip(self))]
    fn into_items(mut self) -> Vec<String> {
        self.items.sort();
        self.items
    }

    #[trace]
    fn boxed(self: Box<Self>) -> Vec<String> {
        self.items
    }

    #[trace]
    fn walk(&self) -> impl Iterator<Item = &str> + '_ {
        self.items.iter().map(String::as_str)
    }
}

trait Named {
    type Out<'a>
    where
        Self: 'a;
    const NAME: &'static str;

    #[trace]
    fn name(&self) -> &'static str {
        Self::NAME
    }

    #[trace]
    fn declared(&self, number: u8) -> Self::Out<'_>;
}

impl Named for Store {
    type Out<'a> = &'a [String];
    const NAME: &'static str = "store";

    #[trace]
    fn declared(&self, _number: u8) -> Self::Out<'_> {
        &self.items
    }
}

impl<T: Debug, const N: usize> Named for [T; N] {
    type Out<'a>
        = Vec<&'a T>
    where
        T: 'a;
    const NAME: &'static str = "array";

    #[trace]
    fn declared(&self, number: u8) -> Self::Out<'_> {
        self.iter().skip(number.into()).collect()
    }
}

#[rustfmt::skip]
#[trace]
fn on_one_line(number: u8) -> u8 { number + 1 }

macro_rules! make {
    ($name:ident, $arg:ident: $ty:ty, $body:block) => {
        #[trace]
        fn $name($arg: $ty) -> $ty $body
    };
}
make!(from_macro, value: u8, { value + 1 });

fn local() -> u8 {
    #[trace]
    fn inner(a: u8) -> u8 {
        a
    }
    inner(1)
}
