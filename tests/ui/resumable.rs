//! What a resumable function cannot take, said on its argument.

#![allow(unused)]

use carrot_ai::trace;

struct Opaque;
#[derive(serde::Serialize)]
struct OneWay;
struct Client;
struct Holder<'a>(&'a str);

#[trace(resumable)]
fn not_serializable(number: u8, opaque: Opaque, list: &[Option<&OneWay>]) {}

#[trace(resumable)]
async fn unbounded<T>(value: T) {}

#[trace(resumable, skip(client))]
fn skipped(client: Client, holder: Holder<'_>) {}

#[trace(name = format!("{a}"), resumable)]
fn mistakes(a: u8, _: u8, (b, c): (u8, u8), d: &mut Vec<u8>, e: Option<impl Copy>, f: impl Copy) {}

impl Client {
    #[trace(resumable)]
    fn method(&self, other: &Self) {}
}

fn main() {
    not_serializable(1, Opaque, &[]);
    mistakes(1, 2, (3, 4), &mut Vec::new(), Some(5), 6);
}
