//! Arrays and objects, part by part.

use carrot_wire::redact;
use serde::ser::{self, Serialize};
use serde_json::Value;

use super::json::{Nesting, Writer};
use super::json_serializer::{Done, Serializer, Stop};

/// An array or object being written.
pub(super) struct Compound<'a> {
    writer: &'a mut Writer,
    parts: Parts,
    empty: bool,
    /// It stands inside `{"Variant": …}`.
    variant: bool,
    /// What was written of a map's entry.
    key: Key,
    /// Where the last part began.
    begun: usize,
    nesting: Nesting,
}

/// Whether a map's value is awaited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    None,
    Begun,
    Written,
    /// It names a secret.
    Secret,
}

/// Takes back a part that is not finished, be it for an error or for a panic: either may be caught by the code of the
/// value around it, which then goes on.
struct Undo<'c, 'a>(&'c mut Compound<'a>);

impl Drop for Undo<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        self.0.undo();
    }
}

/// What becomes of its parts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    Written,
    /// It is too deep.
    PassedOver,
    /// The only one is JSON already, and stands for all of it.
    Json,
}

impl<'a> Compound<'a> {
    #[inline]
    pub(super) fn new(writer: &'a mut Writer, parts: Parts) -> Compound<'a> {
        Compound {
            parts,
            empty: true,
            variant: false,
            key: Key::None,
            begun: 0,
            nesting: writer.nesting(),
            writer,
        }
    }

    /// Inside of the object that names it as a variant.
    pub(super) fn in_variant(mut self) -> Compound<'a> {
        self.variant = self.parts == Parts::Written;
        if !self.variant {
            self.writer.close();
            self.nesting = self.writer.nesting();
        }
        self
    }

    /// A part begins here, if there is room for it.
    #[inline]
    fn begin(&mut self) -> Done {
        if self.writer.is_full() {
            return Err(self.writer.full());
        }
        self.begun = self.writer.mark();
        Ok(())
    }

    /// Writes a part, or nothing of it.
    #[inline]
    fn part(&mut self, write: impl FnOnce(&mut Compound<'a>) -> Done) -> Done {
        let undo = Undo(self);
        write(undo.0)?;
        std::mem::forget(undo);
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn undo(&mut self) {
        // A part of a key is no key.
        let keep = self.key != Key::Begun && self.writer.keep(self.nesting);
        if !keep {
            self.writer.take_back(self.begun, self.nesting);
        }
        self.key = Key::None;
        let nothing = self.writer.mark() == self.begun;
        self.empty = nothing && (self.parts == Parts::Json || self.writer.just_opened());
    }

    #[inline]
    fn comma(&mut self) {
        if !self.empty {
            self.writer.byte(b',');
        }
        self.empty = false;
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        if self.parts != Parts::Written {
            return self.aside(value);
        }
        self.begin()?;
        self.part(|it| {
            it.comma();
            value.serialize(Serializer(it.writer))
        })
    }

    #[inline]
    pub(super) fn entry<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Done {
        if self.parts != Parts::Written {
            return self.aside(value);
        }
        self.begin()?;
        self.part(|it| {
            it.writer.name(it.empty, name);
            it.empty = false;
            it.value(redact::is_secret(name), value)
        })
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, secret: bool, value: &T) -> Done {
        if secret {
            self.writer.redacted();
            Ok(())
        } else {
            value.serialize(Serializer(self.writer))
        }
    }

    #[cold]
    fn aside<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        if self.parts == Parts::PassedOver {
            self.writer.pass_over();
            return self.begin();
        }
        if !self.empty {
            return Ok(());
        }
        self.begun = self.writer.mark();
        self.part(|it| it.json(value))
    }

    /// Text that is JSON is read, since secrets may be in it and it may be too deep.
    fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        let text = serde_json::to_value(value).map_err(ser::Error::custom)?;
        let text = text.as_str().unwrap_or_default();
        self.empty = false;
        match serde_json::from_str(text) {
            Ok(Value::Number(_)) => self.writer.number(text),
            Ok(value) => value.serialize(Serializer(self.writer))?,
            Err(_) => self.writer.text(text),
        }
        Ok(())
    }

    #[inline]
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        self.key = Key::Begun;
        self.comma();
        let mark = self.writer.mark();
        key.serialize(Serializer(self.writer))?;
        if !self.writer.make_key(mark) {
            return Err(ser::Error::custom("a map's key is no string"));
        }
        self.key = match self.writer.key_is_secret(mark) {
            true => Key::Secret,
            false => Key::Written,
        };
        self.writer.byte(b':');
        Ok(())
    }

    /// A key without a value, or no JSON where there should be some.
    #[cold]
    fn missing(&mut self) {
        self.writer.raw(b"null");
        self.key = Key::None;
    }

    #[inline]
    pub(super) fn finish(mut self) -> Done {
        if self.key != Key::None || self.parts == Parts::Json && self.empty {
            self.missing();
        }
        if self.parts == Parts::Written {
            self.writer.close();
            if self.variant {
                self.writer.close();
            }
        }
        Ok(())
    }
}

macro_rules! elements {
    ($($trait:ident :: $method:ident),*) => {$(
        impl ser::$trait for Compound<'_> {
            type Ok = ();
            type Error = Stop;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Done {
                self.finish()
            }
        }
    )*};
}

elements!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! entries {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Compound<'_> {
            type Ok = ();
            type Error = Stop;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Done {
                self.entry(name, value)
            }

            #[inline]
            fn end(self) -> Done {
                self.finish()
            }
        }
    )*};
}

entries!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Stop;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        if self.parts != Parts::Written {
            return self.aside(key);
        }
        if self.key != Key::None {
            self.missing();
        }
        self.begin()?;
        self.part(|it| it.key(key))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        if self.parts != Parts::Written {
            return Ok(());
        }
        if self.key == Key::None {
            return Err(ser::Error::custom("a map's value has no key"));
        }
        self.part(|it| {
            it.value(it.key == Key::Secret, value)?;
            it.key = Key::None;
            Ok(())
        })
    }

    fn end(self) -> Done {
        self.finish()
    }
}

#[cfg(test)]
mod tests;
