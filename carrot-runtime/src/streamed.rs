//! What the expansion does with the stream that a function returned.
//!
//! The expansion sees names only, and `Stream` or `Result` may be the name of another type. So it calls methods of
//! [`Streamed`]: one whose bounds do not hold is passed over for that of the trait [`Other`], which hands
//! the value on as it is.

#![allow(missing_docs, reason = "for the expansion only")]

use std::pin::Pin;

use futures_core::Stream;

use crate::{Items, Span, StreamScope};

/// What the function returned, and whether its items are recorded.
#[derive(Debug)]
pub struct Streamed<R>(pub R, pub bool);

impl<S: Stream> Streamed<S> {
    pub fn __carrot_stream<E>(self, span: Span, each: E) -> StreamScope<S, E>
    where
        E: FnMut(&mut Items<'_>, &S::Item),
    {
        StreamScope::new(span, self.0, each, self.1)
    }

    /// `coerce` makes the boxed stream a `dyn Stream`.
    pub fn __carrot_boxed<E, T>(
        self,
        span: Span,
        each: E,
        coerce: impl FnOnce(Pin<Box<StreamScope<S, E>>>) -> T,
    ) -> T
    where
        E: FnMut(&mut Items<'_>, &S::Item),
    {
        coerce(Box::pin(self.__carrot_stream(span, each)))
    }
}

/// A stream, or why there is none.
impl<S: Stream, F> Streamed<Result<S, F>> {
    pub fn __carrot_stream_result<E>(
        self,
        span: Span,
        each: E,
        failed: impl FnOnce(&mut Span, &F),
    ) -> Result<StreamScope<S, E>, F>
    where
        E: FnMut(&mut Items<'_>, &S::Item),
    {
        match self.0 {
            Ok(stream) => Ok(StreamScope::new(span, stream, each, self.1)),
            Err(error) => Err(fail(span, error, failed)),
        }
    }

    pub fn __carrot_boxed_result<E, T>(
        self,
        span: Span,
        each: E,
        failed: impl FnOnce(&mut Span, &F),
        coerce: impl FnOnce(Pin<Box<StreamScope<S, E>>>) -> T,
    ) -> Result<T, F>
    where
        E: FnMut(&mut Items<'_>, &S::Item),
    {
        let stream = self.__carrot_stream_result(span, each, failed)?;
        Ok(coerce(Box::pin(stream)))
    }
}

fn fail<F>(mut span: Span, error: F, failed: impl FnOnce(&mut Span, &F)) -> F {
    failed(&mut span, &error);
    span.end();
    error
}

/// What is no stream of `futures-core`: there the span ends when the function returns.
pub trait Other: Sized {
    type Value;

    fn value(self) -> Self::Value;

    fn __carrot_stream<E>(self, span: Span, _: E) -> Self::Value {
        span.end();
        self.value()
    }

    fn __carrot_boxed<E, C>(self, span: Span, _: E, _: C) -> Self::Value {
        span.end();
        self.value()
    }

    fn __carrot_stream_result<E>(
        self,
        span: Span,
        _: E,
        _: impl FnOnce(&mut Span, &()),
    ) -> Self::Value {
        span.end();
        self.value()
    }

    fn __carrot_boxed_result<E, C>(
        self,
        span: Span,
        _: E,
        _: impl FnOnce(&mut Span, &()),
        _: C,
    ) -> Self::Value {
        span.end();
        self.value()
    }
}

impl<R> Other for Streamed<R> {
    type Value = R;

    fn value(self) -> R {
        self.0
    }
}
