//! serde's way into the [`Writer`].

use std::fmt::{self, Display};

use serde::ser::{self, Serialize};

use super::json::Writer;
use super::json_compound::{Compound, Parts};

/// Serialising stopped early. One pointer, so that a `Result` of it fits a register.
#[derive(Debug)]
pub(super) struct Stop(Box<Why>);

/// Why it did.
#[derive(Debug)]
enum Why {
    /// The limit is reached.
    Full,
    /// The value's own error.
    Failed(String),
}

impl Stop {
    #[cold]
    pub(super) fn full() -> Stop {
        Stop(Box::new(Why::Full))
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

/// The struct that serde_json's `RawValue` pretends to be,
const RAW_VALUE: &str = "$serde_json::private::RawValue";
/// and, with its feature `arbitrary_precision`, its `Number`.
const NUMBER: &str = "$serde_json::private::Number";

/// Writes one value.
pub(super) struct Serializer<'a>(pub(super) &'a mut Writer);

impl<'a> Serializer<'a> {
    #[inline]
    fn compound(self, open: u8, close: u8) -> Compound<'a> {
        let parts = match self.0.open(open, close) {
            true => Parts::Written,
            false => Parts::PassedOver,
        };
        Compound::new(self.0, parts)
    }

    /// `{"Variant": …`, as serde_json writes enums.
    fn variant(self, name: &str, open: u8, close: u8) -> Compound<'a> {
        if !self.0.open(b'{', b'}') {
            return Compound::new(self.0, Parts::PassedOver);
        }
        self.0.name(true, name);
        self.compound(open, close).in_variant()
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Done {
            match u16::try_from(value) {
                Ok(few @ 0..10_000) => self.0.few_digits(few),
                _ => self.0.number(itoa::Buffer::new().format(value)),
            }
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
    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<Compound<'a>, Stop> {
        if name == RAW_VALUE || name == NUMBER {
            return Ok(Compound::new(self.0, Parts::Json));
        }
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
