//! serde's way into the [`Writer`].

use std::fmt::{self, Display};

use carrot_wire::redact;
use serde::ser::{self, Serialize};

use super::json::Writer;

/// Serialising stopped early. One pointer, so that a `Result` of it fits a register.
#[derive(Debug)]
pub(super) struct Stop(Box<Why>);

/// Why it did.
#[derive(Debug)]
pub(super) enum Why {
    /// The limit is reached; everything written so far is whole.
    Full,
    /// The value's own error.
    Failed(String),
}

impl Stop {
    #[cold]
    fn full() -> Stop {
        Stop(Box::new(Why::Full))
    }

    pub(super) fn why(self) -> Why {
        *self.0
    }
}

impl Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Why::Full => f.write_str("the value is larger than what is captured"),
            Why::Failed(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    #[cold]
    fn custom<T: Display>(message: T) -> Stop {
        Stop(Box::new(Why::Failed(message.to_string())))
    }
}

pub(super) type Done = Result<(), Stop>;

/// Writes one value.
pub(super) struct Serializer<'a>(pub(super) &'a mut Writer);

impl<'a> Serializer<'a> {
    #[inline]
    fn compound(self, open: u8, close: u8) -> Compound<'a> {
        let skip = !self.0.open(open, close);
        Compound {
            writer: self.0,
            skip,
            empty: true,
            variant: false,
            secret: false,
        }
    }

    /// `{"Variant": …`, as serde_json writes enums.
    fn variant(self, name: &str, open: u8, close: u8) -> Compound<'a> {
        if !self.0.open(b'{', b'}') {
            return Compound {
                writer: self.0,
                skip: true,
                empty: true,
                variant: false,
                secret: false,
            };
        }
        self.0.name(true, name);
        let inner = self.compound(open, close);
        if inner.skip {
            inner.writer.close();
        }
        Compound {
            variant: true,
            ..inner
        }
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Done {
            self.0.number(itoa::Buffer::new().format(value));
            Ok(())
        }
    )*};
}

impl<'a> ser::Serializer for Serializer<'a> {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    integers!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    );

    #[inline]
    fn serialize_bool(self, value: bool) -> Done {
        if value {
            self.0.raw(b"true");
        } else {
            self.0.raw(b"false");
        }
        Ok(())
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Done {
        if value.is_finite() {
            self.0.number(zmij::Buffer::new().format_finite(value));
            Ok(())
        } else {
            self.serialize_unit()
        }
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Done {
        if value.is_finite() {
            self.0.number(zmij::Buffer::new().format_finite(value));
            Ok(())
        } else {
            self.serialize_unit()
        }
    }

    fn serialize_char(self, value: char) -> Done {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Done {
        self.0.text(value);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Done {
        self.0.display(&value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Done {
        self.collect_seq(value)
    }

    #[inline]
    fn serialize_none(self) -> Done {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        self.0.wrapped(|writer| value.serialize(Serializer(writer)))
    }

    #[inline]
    fn serialize_unit(self) -> Done {
        self.0.raw(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Done {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Done {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Done {
        self.0.wrapped(|writer| value.serialize(Serializer(writer)))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        let mut object = self.compound(b'{', b'}');
        object.entry(variant, value)?;
        object.finish()
    }

    #[inline]
    fn serialize_seq(self, _len: Option<usize>) -> Result<Compound<'a>, Stop> {
        Ok(self.compound(b'[', b']'))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Compound<'a>, Stop> {
        Ok(self.compound(b'[', b']'))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Compound<'a>, Stop> {
        Ok(self.compound(b'[', b']'))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'a>, Stop> {
        Ok(self.variant(variant, b'[', b']'))
    }

    #[inline]
    fn serialize_map(self, _len: Option<usize>) -> Result<Compound<'a>, Stop> {
        Ok(self.compound(b'{', b'}'))
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Compound<'a>, Stop> {
        Ok(self.compound(b'{', b'}'))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'a>, Stop> {
        Ok(self.variant(variant, b'{', b'}'))
    }
}

/// An array or object being written.
pub(super) struct Compound<'a> {
    writer: &'a mut Writer,
    /// It is too deep: its parts are passed over.
    skip: bool,
    empty: bool,
    /// It stands inside `{"Variant": …}`.
    variant: bool,
    /// The key written last names a secret.
    secret: bool,
}

impl Compound<'_> {
    #[inline]
    fn comma(&mut self) {
        if !self.empty {
            self.writer.byte(b',');
        }
        self.empty = false;
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        if self.skip {
            self.writer.pass_over();
            return self.check_room();
        }
        self.comma();
        value.serialize(Serializer(self.writer))?;
        self.check_room()
    }

    #[inline]
    fn entry<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Done {
        if self.skip {
            return Ok(());
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

    #[inline]
    fn finish(self) -> Done {
        if !self.skip {
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
        if self.skip {
            self.writer.pass_over();
            return self.check_room();
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
        if self.skip {
            Ok(())
        } else {
            self.value(self.secret, value)
        }
    }

    fn end(self) -> Done {
        self.finish()
    }
}
