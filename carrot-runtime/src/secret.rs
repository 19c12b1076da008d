//! A value that is never captured.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Holds a value that must not be captured: as an argument, inside of another value, whatever its name.
///
/// Its `Serialize` and its `Debug` say `[redacted]`, so that it stays out of traces, of logs, and of every file that it is
/// serialised to. It is read as the value itself. Each use of the value says [`expose`](Secret::expose): there is
/// no `Deref` and no `Display`, with which it would slip into a text.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// use carrot_ai::Secret;
///
/// let key = Secret::new("sk-1".to_owned());
/// assert_eq!(format!("{key:?}"), "[redacted]");
/// assert_eq!(key.expose(), "sk-1");
/// ```
///
/// It does not wipe memory: for that take the `secrecy` crate, whose values are not captured either.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret<T: ?Sized>(T);

impl<T> Secret<T> {
    /// Hides a value.
    pub const fn new(value: T) -> Secret<T> {
        Secret(value)
    }

    /// Gives the value, no longer hidden.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: ?Sized> Secret<T> {
    /// The value.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value, to be changed.
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Secret<T> {
        Secret(value)
    }
}

impl<T: ?Sized> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(carrot_wire::redact::REDACTED)
    }
}

impl<T: ?Sized> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(carrot_wire::redact::REDACTED)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret<T>, D::Error> {
        T::deserialize(deserializer).map(Secret)
    }
}
