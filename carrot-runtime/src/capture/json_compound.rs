//! Arrays and objects, part by part.

use carrot_wire::redact;
use serde::ser::{self, Serialize};
use serde_json::Value;

use super::json::Writer;
use super::json_serializer::{Done, Serializer, Stop};

/// An array or object being written.
pub(super) struct Compound<'a> {
    writer: &'a mut Writer,
    parts: Parts,
    empty: bool,
    /// It stands inside `{"Variant": …}`.
    variant: bool,
    /// The key written last names a secret.
    secret: bool,
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
            writer,
            parts,
            empty: true,
            variant: false,
            secret: false,
        }
    }

    /// Inside of the object that names it as a variant.
    pub(super) fn in_variant(mut self) -> Compound<'a> {
        self.variant = self.parts == Parts::Written;
        if !self.variant {
            self.writer.close();
        }
        self
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
        self.comma();
        value.serialize(Serializer(self.writer))?;
        self.check_room()
    }

    #[inline]
    pub(super) fn entry<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Done {
        if self.parts != Parts::Written {
            return self.aside(value);
        }
        self.writer.name(self.empty, name);
        self.empty = false;
        self.value(redact::is_secret(name), value)
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, secret: bool, value: &T) -> Done {
        if secret {
            self.writer.redacted();
        } else {
            value.serialize(Serializer(self.writer))?;
        }
        self.check_room()
    }

    #[inline]
    fn check_room(&self) -> Done {
        if self.writer.is_full() {
            Err(Stop::full())
        } else {
            Ok(())
        }
    }

    #[cold]
    fn aside<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        if self.parts == Parts::Json {
            return self.json(value);
        }
        self.writer.pass_over();
        self.check_room()
    }

    /// Text that is JSON is read, since secrets may be in it and it may be too deep.
    fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        let text = serde_json::to_value(value).map_err(ser::Error::custom)?;
        let text = text.as_str().unwrap_or_default();
        match serde_json::from_str(text) {
            Ok(Value::Number(_)) => self.writer.number(text),
            Ok(value) => value.serialize(Serializer(self.writer))?,
            Err(_) => self.writer.text(text),
        }
        Ok(())
    }

    #[inline]
    pub(super) fn finish(self) -> Done {
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
        self.comma();
        let mark = self.writer.mark();
        key.serialize(Serializer(self.writer))?;
        if !self.writer.make_key(mark) {
            return Err(ser::Error::custom("a map's key is no string"));
        }
        self.secret = self.writer.key_is_secret(mark);
        self.writer.byte(b':');
        Ok(())
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        if self.parts == Parts::Written {
            self.value(self.secret, value)
        } else {
            Ok(())
        }
    }

    fn end(self) -> Done {
        self.finish()
    }
}
