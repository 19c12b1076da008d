//! Autoref probes: what can be recorded of a value is found by method lookup, tier by tier.
//!
//! The expansion brings the traits in with `use …::__private::probes::*;` (they are exported
//! `as _`, so no user name is touched) and calls
//!   (&&&&&Probe(&x)).__carrot_capture(value)     five tiers
//!   (&&Probe(out)).__carrot_split()              two tiers
//!   (&&&&&Probe(err)).__carrot_describe(error)   five tiers
//! Method names are prefixed because method names are not hygienic: a user's blanket trait with a
//! method `capture` would make the call ambiguous. All other calls are written as paths
//! (`Span::input(&mut span, …)`), so they need no prefix.
//! A tier that stands higher is implemented for a type with one more `&`; lookup tries it first.

#![allow(
    missing_docs,
    reason = "for the expansion only; each tier is described where it begins"
)]

use core::convert::Infallible;
use core::error::Error;
use core::fmt::{Debug, Display};
use core::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, Mutex, RwLock, TryLockError};

use serde::Serialize;

use super::{ErrorValue, Value};

/// A value about to be looked at. `T` may be unsized.
pub struct Probe<'a, T: ?Sized>(pub &'a T);

// ---- capture: a lock's content, Serialize, a shared Serialize, Debug, the type's name ----

/// Locks, directly or behind `&`, `Arc` and `Rc`. serde's own impls block until the lock is free,
/// which deadlocks when the caller holds it.
pub trait TryRead {
    fn try_read(&self, value: &mut Value<'_>);
}
impl<T: Serialize + ?Sized> TryRead for Mutex<T> {
    fn try_read(&self, value: &mut Value<'_>) {
        match self.try_lock() {
            Ok(guard) => value.serialize(&*guard),
            Err(TryLockError::Poisoned(poisoned)) => value.serialize(&**poisoned.get_ref()),
            Err(TryLockError::WouldBlock) => value.text("<locked>"),
        }
    }
}
impl<T: Serialize + ?Sized> TryRead for RwLock<T> {
    fn try_read(&self, value: &mut Value<'_>) {
        match RwLock::try_read(self) {
            Ok(guard) => value.serialize(&*guard),
            Err(TryLockError::Poisoned(poisoned)) => value.serialize(&**poisoned.get_ref()),
            Err(TryLockError::WouldBlock) => value.text("<locked>"),
        }
    }
}
impl<T: TryRead + ?Sized> TryRead for &T {
    fn try_read(&self, value: &mut Value<'_>) {
        T::try_read(self, value);
    }
}
impl<T: TryRead + ?Sized> TryRead for Arc<T> {
    fn try_read(&self, value: &mut Value<'_>) {
        T::try_read(self, value);
    }
}
impl<T: TryRead + ?Sized> TryRead for Rc<T> {
    fn try_read(&self, value: &mut Value<'_>) {
        T::try_read(self, value);
    }
}

/// `Arc` and `Rc`, which serde leaves out unless its feature `rc` is on.
pub trait Shared {
    type Inner: Serialize + ?Sized;
    fn inner(&self) -> &Self::Inner;
}
impl<T: Serialize + ?Sized> Shared for Arc<T> {
    type Inner = T;
    fn inner(&self) -> &T {
        self
    }
}
impl<T: Serialize + ?Sized> Shared for Rc<T> {
    type Inner = T;
    fn inner(&self) -> &T {
        self
    }
}
impl<T: Shared + ?Sized> Shared for &T {
    type Inner = T::Inner;
    fn inner(&self) -> &T::Inner {
        T::inner(self)
    }
}

pub trait CaptureLock {
    fn __carrot_capture(&self, value: &mut Value<'_>);
}
impl<T: TryRead + ?Sized> CaptureLock for &&&&Probe<'_, T> {
    fn __carrot_capture(&self, value: &mut Value<'_>) {
        self.0.try_read(value);
    }
}

pub trait CaptureSerialize {
    fn __carrot_capture(&self, value: &mut Value<'_>);
}
impl<T: Serialize + ?Sized> CaptureSerialize for &&&Probe<'_, T> {
    fn __carrot_capture(&self, value: &mut Value<'_>) {
        value.serialize(self.0);
    }
}

pub trait CaptureShared {
    fn __carrot_capture(&self, value: &mut Value<'_>);
}
impl<T: Shared + ?Sized> CaptureShared for &&Probe<'_, T> {
    fn __carrot_capture(&self, value: &mut Value<'_>) {
        value.serialize(self.0.inner());
    }
}

pub trait CaptureDebug {
    fn __carrot_capture(&self, value: &mut Value<'_>);
}
impl<T: Debug + ?Sized> CaptureDebug for &Probe<'_, T> {
    fn __carrot_capture(&self, value: &mut Value<'_>) {
        value.debug(&self.0);
    }
}

pub trait CaptureName {
    fn __carrot_capture(&self, value: &mut Value<'_>);
}
impl<T: ?Sized> CaptureName for Probe<'_, T> {
    fn __carrot_capture(&self, value: &mut Value<'_>) {
        value.text(core::any::type_name::<T>());
    }
}

// ---- split: a Result into its halves, anything else is a success ----

pub trait SplitResult<'a> {
    type Value: ?Sized;
    type Error: ?Sized;
    fn __carrot_split(&self) -> Result<&'a Self::Value, &'a Self::Error>;
}
impl<'a, T, E> SplitResult<'a> for &Probe<'a, Result<T, E>> {
    type Value = T;
    type Error = E;
    fn __carrot_split(&self) -> Result<&'a T, &'a E> {
        self.0.as_ref()
    }
}

pub trait SplitOther<'a> {
    type Value: ?Sized;
    fn __carrot_split(&self) -> Result<&'a Self::Value, &'a Infallible>;
}
impl<'a, T: ?Sized> SplitOther<'a> for Probe<'a, T> {
    type Value = T;
    fn __carrot_split(&self) -> Result<&'a T, &'a Infallible> {
        Ok(self.0)
    }
}

// ---- describe: Error, a pointer to an Error, Display, Debug, the type's name ----

pub trait DescribeError {
    fn __carrot_describe(&self, error: &mut ErrorValue<'_>);
}
impl<E: Error + ?Sized> DescribeError for &&&&Probe<'_, E> {
    fn __carrot_describe(&self, error: &mut ErrorValue<'_>) {
        error.error(core::any::type_name::<E>(), &self.0);
    }
}

/// `Box<dyn Error>`, `anyhow::Error` and their like.
pub trait DescribeDeref {
    fn __carrot_describe(&self, error: &mut ErrorValue<'_>);
}
impl<E: Deref<Target: Error> + ?Sized> DescribeDeref for &&&Probe<'_, E> {
    fn __carrot_describe(&self, error: &mut ErrorValue<'_>) {
        // `&Target` is sized and an `Error` too, so it can become a trait object.
        let target = &**self.0;
        error.error(core::any::type_name::<E>(), &target);
    }
}

pub trait DescribeDisplay {
    fn __carrot_describe(&self, error: &mut ErrorValue<'_>);
}
impl<E: Display + ?Sized> DescribeDisplay for &&Probe<'_, E> {
    fn __carrot_describe(&self, error: &mut ErrorValue<'_>) {
        error.display(core::any::type_name::<E>(), &self.0);
    }
}

pub trait DescribeDebug {
    fn __carrot_describe(&self, error: &mut ErrorValue<'_>);
}
impl<E: Debug + ?Sized> DescribeDebug for &Probe<'_, E> {
    fn __carrot_describe(&self, error: &mut ErrorValue<'_>) {
        error.debug(core::any::type_name::<E>(), &self.0);
    }
}

pub trait DescribeName {
    fn __carrot_describe(&self, error: &mut ErrorValue<'_>);
}
impl<E: ?Sized> DescribeName for Probe<'_, E> {
    fn __carrot_describe(&self, error: &mut ErrorValue<'_>) {
        error.name(core::any::type_name::<E>());
    }
}
