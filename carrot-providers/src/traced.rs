use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::WrapOptions;

/// A client that has no door of its own, with the calls to models recorded.
///
/// It is used as the client it holds: the methods that call models are here under the same names,
/// with the same types, and all else is the client's own, by `Deref`. What takes the client itself
/// (`fn ask(client: &genai::Client)`) calls it past the recording; let it take the `Traced` instead.
pub struct Traced<C: Shadow> {
    pub(crate) client: C,
    pub(crate) options: WrapOptions,
    pub(crate) known: C::Known,
}

/// A client that [`Traced`] can hold.
pub trait Shadow {
    /// What was learned of the client when it was wrapped.
    #[doc(hidden)]
    type Known: Clone;
}

impl<C: Shadow> Traced<C> {
    /// The client, unwrapped.
    pub fn into_inner(self) -> C {
        self.client
    }
}

impl<C: Shadow> Deref for Traced<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.client
    }
}

/// For clients whose settings are public fields.
impl<C: Shadow> DerefMut for Traced<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.client
    }
}

impl<C: Shadow + Clone> Clone for Traced<C> {
    fn clone(&self) -> Traced<C> {
        Traced {
            client: self.client.clone(),
            options: self.options.clone(),
            known: self.known.clone(),
        }
    }
}

impl<C: Shadow + fmt::Debug> fmt::Debug for Traced<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Traced").field(&self.client).finish()
    }
}
