//! serde's way into the [`Writer`].

use std::fmt::{self, Display};

use carrot_wire::redact;
use serde::ser::{self, Serialize};

use super::json::Writer;

/// Why serialising stopped early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The limit is reached; everything written so far is whole.
    Full,
    /// The value's own error.
    Failed(String),
}

impl Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Full => f.write_str("the value is larger than what is captured"),
            Stop::Failed(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: Display>(message: T) -> Stop {
        Stop::Failed(message.to_string())
    }
}

type Done = Result<(), Stop>;

/// Writes one value.
pub(super) struct Serializer<'a>(pub(super) &'a mut Writer);

impl<'a> Serializer<'a> {
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
        self.0.text(name);
        self.0.byte(b':');
        let inner = self.compound(open, close);
        if inner.skip {
            inner.writer.close();
        }
        Compound {
            variant: true,
            ..inner
        }
    }

    fn number(self, number: impl Display) -> Done {
        // Numbers need no escaping; they are short, so the limit need not be asked.
        use std::io::Write as _;
        let mut text = [0u8; 48];
        let mut rest = &mut text[..];
        let _ = write!(rest, "{number}");
        let len = 48 - rest.len();
        text[..len].iter().for_each(|&byte| self.0.byte(byte));
        Ok(())
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Done {
            self.0.raw(itoa::Buffer::new().format(value));
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

    fn serialize_bool(self, value: bool) -> Done {
        self.0.raw(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Done {
        if value.is_finite() {
            self.number(format_args!("{value:?}"))
        } else {
            self.serialize_unit()
        }
    }

    fn serialize_f64(self, value: f64) -> Done {
        if value.is_finite() {
            self.number(format_args!("{value:?}"))
        } else {
            self.serialize_unit()
        }
    }

    fn serialize_char(self, value: char) -> Done {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

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

    fn serialize_none(self) -> Done {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        self.0.raw("null");
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

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Done {
        value.serialize(self)
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

    fn serialize_map(self, _len: Option<usize>) -> Result<Compound<'a>, Stop> {
        Ok(self.compound(b'{', b'}'))
    }

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
            return Ok(());
        }
        self.comma();
        value.serialize(Serializer(self.writer))?;
        self.writer.check_room()
    }

    #[inline]
    fn entry<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Done {
        if self.skip {
            return Ok(());
        }
        self.comma();
        self.writer.text(name);
        self.writer.byte(b':');
        self.value(redact::is_secret(name), value)
    }

    fn value<T: Serialize + ?Sized>(&mut self, secret: bool, value: &T) -> Done {
        if secret {
            self.writer.redacted();
        } else {
            value.serialize(Serializer(self.writer))?;
        }
        self.writer.check_room()
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

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        if self.skip {
            return Ok(());
        }
        self.comma();
        let mark = self.writer.mark();
        key.serialize(Serializer(self.writer))?;
        self.writer.make_key(mark)?;
        self.secret = self.writer.key_is_secret(mark);
        self.writer.byte(b':');
        Ok(())
    }

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
