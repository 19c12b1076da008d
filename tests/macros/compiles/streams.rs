//! Functions that give a stream.
#![deny(warnings, clippy::all, clippy::pedantic)]
#![allow(dead_code, clippy::type_complexity, clippy::unused_async)]

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use carrot_ai::trace;
use futures_util::stream::{self, Stream, StreamExt};

struct Opaque;
type Boxed<'a, T> = Pin<Box<dyn Stream<Item = T> + Send + 'a>>;

#[trace]
fn numbers(to: u8) -> impl Stream<Item = u8> {
    stream::iter(0..to)
}

#[trace]
fn borrowed<'a>(words: &'a [&str]) -> impl Stream<Item = &'a str> + Send + Unpin + 'a {
    stream::iter(words.iter().copied())
}

#[trace]
fn elided(words: &[String]) -> impl Stream<Item = &str> + '_ {
    stream::iter(words.iter().map(String::as_str))
}

/// What the error's type is, is known from the signature alone.
#[trace]
fn inferred() -> impl Stream<Item = Result<u8, Box<dyn std::error::Error + Send + Sync>>> {
    stream::iter([Ok(1)])
}

#[trace]
fn opaque_items<T: Clone>(item: T) -> impl Stream<Item = impl Clone> + use<T> {
    stream::iter([item])
}

#[trace]
fn unprintable() -> impl futures_util::Stream<Item = Result<Opaque, Opaque>> {
    stream::iter([Ok(Opaque), Err(Opaque)])
}

#[trace]
fn boxed<'a, T: Debug + Send>(items: &'a [T]) -> Pin<Box<dyn Stream<Item = &'a T> + 'a>> {
    if items.is_empty() {
        return Box::pin(stream::empty());
    }
    Box::pin(stream::iter(items))
}

#[trace]
fn coerced() -> std::pin::Pin<Box<dyn Stream<Item = Box<dyn Debug>> + Send>> {
    Box::pin(stream::iter([1]).map(|number| Box::new(number) as Box<dyn Debug>))
}

#[trace]
fn aliased(words: &[&str]) -> Boxed<'static, usize> {
    let lengths: Vec<usize> = words.iter().map(|word| word.len()).collect();
    Box::pin(stream::iter(lengths))
}

#[trace]
async fn asynchronous(to: u8) -> impl Stream<Item = u8> + Send {
    std::future::ready(()).await;
    stream::iter(0..to)
}

#[trace]
async fn asynchronous_boxed(to: &u8) -> Pin<Box<dyn Stream<Item = u8> + Send + '_>> {
    if *to == 0 {
        return Box::pin(stream::empty());
    }
    std::future::ready(()).await;
    Box::pin(stream::iter(0..*to))
}

#[trace]
async fn fallible(text: &str) -> Result<impl Stream<Item = u8> + use<>, std::num::ParseIntError> {
    let to: u8 = text.parse()?;
    Ok(stream::iter(0..to))
}

#[trace(capture_output = false)]
fn fallible_boxed(
    text: &str,
) -> anyhow::Result<Pin<Box<dyn Stream<Item = anyhow::Result<u8>> + Send>>> {
    let to: u8 = text.parse()?;
    Ok(Box::pin(stream::iter(0..to).map(Ok)))
}

#[trace]
fn promised() -> impl Future<Output = impl Stream<Item = u8>> + Send {
    std::future::ready(stream::iter([1]))
}

#[trace]
fn promised_boxed() -> Pin<Box<dyn Future<Output = Pin<Box<dyn Stream<Item = u8>>>>>> {
    Box::pin(async { Box::pin(stream::iter([1_u8])) as Pin<Box<dyn Stream<Item = u8>>> })
}

#[trace]
fn local(shared: Rc<u8>) -> impl Stream<Item = Rc<u8>> {
    stream::iter([shared])
}

#[async_trait::async_trait]
trait Chat {
    #[trace]
    async fn declared(&self) -> Pin<Box<dyn Stream<Item = String> + Send>>;
    #[trace]
    fn words(&self) -> impl Stream<Item = &str> + Send
    where
        Self: Sized;
}

#[async_trait::async_trait]
impl Chat for String {
    #[trace]
    async fn declared(&self) -> Pin<Box<dyn Stream<Item = String> + Send>> {
        Box::pin(stream::iter([self.clone()]))
    }
    #[trace]
    fn words(&self) -> impl Stream<Item = &str> + Send {
        stream::iter(self.split(' '))
    }
}

/// Names that are not those of `futures-core` and `core`.
mod shadowed {
    use std::pin::Pin;

    use carrot_ai::trace;

    trait Stream {
        type Item;
        fn item(&self) -> Self::Item;
    }
    impl Stream for u8 {
        type Item = u8;
        fn item(&self) -> u8 {
            *self
        }
    }
    enum Result<T> {
        Fine(T),
        Wrong,
    }

    #[trace]
    fn plain() -> impl Stream<Item = u8> {
        1_u8
    }

    #[trace]
    fn boxed() -> Pin<Box<dyn Stream<Item = u8>>> {
        Box::pin(1_u8)
    }

    #[trace]
    fn result(flag: bool) -> Result<impl Stream<Item = u8>> {
        if flag {
            return Result::Wrong;
        }
        Result::Fine(1_u8)
    }

    #[trace]
    async fn boxed_result(flag: bool) -> Result<Pin<Box<dyn Stream<Item = u8>>>> {
        if flag {
            return Result::Wrong;
        }
        Result::Fine(Box::pin(1_u8))
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn is_unpin<T: Unpin>(value: T) -> T {
    value
}

/// Streams that were `Send` and `Unpin` still are.
fn keeps() {
    drop(is_send(is_unpin(numbers(1))));
    drop(is_send(is_unpin(borrowed(&[]))));
    drop(is_send(is_unpin(coerced())));
    drop(is_send(asynchronous(1)));
    drop(is_send(fallible("1")));
}
