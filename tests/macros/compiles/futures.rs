//! Async functions, and functions that give a future.
#![deny(warnings, clippy::all, clippy::pedantic)]
#![allow(dead_code, unsafe_code)]

use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use carrot_ai::trace;

struct Opaque;
struct Store {
    items: Vec<String>,
}

async fn pause() {
    std::future::ready(()).await;
}

#[trace]
async fn unit() {
    pause().await;
}

#[trace]
async fn inner_items(number: u8) -> u8 {
    const STEP: u8 = 1;
    pause().await;
    number + STEP
}

#[trace]
async fn reborrowed(items: &mut Vec<String>) -> &mut String {
    pause().await;
    &mut items[0]
}

#[trace]
async fn coerced(
    text: bool,
) -> Result<Box<dyn Display + Send>, Box<dyn std::error::Error + Send + Sync>> {
    pause().await;
    if text {
        return Ok(Box::new("text"));
    }
    Ok(Box::new("12".parse::<u8>()?))
}

#[trace]
async fn future_in_result(flag: bool) -> Result<Box<dyn Future<Output = u8>>, Opaque> {
    if flag {
        return Err(Opaque);
    }
    Ok(Box::new(async { 1 }))
}

#[trace]
async fn opaque_result(flag: bool) -> Result<impl Iterator<Item = u8>, std::num::ParseIntError> {
    if flag {
        "1".parse::<u8>()?;
    }
    Ok([1, 2].into_iter())
}

#[trace]
async fn elided(text: &str, other: &Store) -> Option<usize> {
    pause().await;
    Some(text.len() + other.items.len())
}

#[trace]
async fn generic<T, const N: usize>(value: [T; N], _: T) -> [T; N] {
    pause().await;
    value
}

#[trace]
async fn never() -> ! {
    loop {
        pause().await;
    }
}

#[trace]
async unsafe fn dangerous(pointer: &*const u8) -> u8 {
    pause().await;
    unsafe { **pointer }
}

#[trace]
async fn recursive(number: u64) -> u64 {
    if number < 2 {
        return 1;
    }
    number * Box::pin(recursive(number - 1)).await
}

#[trace]
async fn patterns(mut count: u8, (left, _): (u8, Opaque), r#type: Option<&str>) -> u8 {
    count += left;
    pause().await;
    count + r#type.map_or(0, |text| text.as_bytes()[0])
}

#[trace]
async fn local(shared: Rc<u8>) -> u8 {
    pause().await;
    *shared
}

#[trace]
fn returned(text: &str) -> impl Future<Output = usize> + Send + '_ {
    async move {
        pause().await;
        text.len()
    }
}

#[trace]
fn returned_result(
    number: &str,
) -> impl Future<Output = Result<u8, Box<dyn std::error::Error>>> + use<> {
    let number = number.to_owned();
    async move { Ok(number.parse::<u8>()?) }
}

#[trace]
fn boxed<'a, T: Debug + Send>(
    text: &'a str,
    value: &T,
) -> Pin<Box<dyn Future<Output = String> + Send + 'a>> {
    let earlier = format!("{value:?}");
    if text.is_empty() {
        return Box::pin(std::future::ready(earlier));
    }
    Box::pin(async move {
        pause().await;
        earlier + text
    })
}

#[trace]
fn boxed_result(text: &str) -> Pin<Box<dyn Future<Output = Result<&str, Opaque>> + '_>> {
    Box::pin(async move { Ok(text) })
}

impl Store {
    #[trace]
    async fn add(&mut self, item: String) -> &mut Self {
        pause().await;
        self.items.push(item);
        self
    }

    #[trace]
    async fn first(&self) -> Option<&str> {
        pause().await;
        self.items.first().map(String::as_str)
    }

    #[trace]
    async fn into_items(self) -> Vec<String> {
        self.items
    }
}

trait Steps {
    #[trace]
    async fn declared(&self, number: u8) -> u8;

    #[trace]
    async fn default(&self) -> u8 {
        self.declared(1).await
    }

    #[trace]
    fn returned(&self) -> impl Future<Output = u8> + Send;
}

impl Steps for Store {
    #[trace]
    async fn declared(&self, number: u8) -> u8 {
        pause().await;
        number
    }

    #[trace]
    fn returned(&self) -> impl Future<Output = u8> + Send {
        let len = self.items[0].as_bytes()[0];
        async move { len }
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

/// Futures that were `Send` still are.
fn sends() {
    let store = Store { items: Vec::new() };
    drop(is_send(unit()));
    drop(is_send(coerced(true)));
    drop(is_send(elided("", &store)));
    drop(is_send(generic([1], 2)));
    drop(is_send(boxed("a", &1)));
    drop(is_send(store.declared(1)));
}
