use std::fmt;

/// A part of a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The version, 2 hex digits.
    Version,
    /// The id of the trace, 32 hex digits.
    TraceId,
    /// The id of the span that made the call, 16 hex digits.
    ParentId,
    /// The flags, 2 hex digits.
    Flags,
}

/// What is wrong with a `traceparent`. It never repeats what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TraceContextError {
    /// There is none.
    Missing,
    /// There is more than one.
    Repeated,
    /// It is too short, or longer than version `00` may be.
    Length,
    /// The version is `ff`, which is none.
    Version,
    /// A dash is not where it should be.
    Separator,
    /// A field has other characters than `0-9` and `a-f`.
    Digits(Field),
    /// An id is all zeros.
    Zero(Field),
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::Version => "version",
            Field::TraceId => "trace id",
            Field::ParentId => "parent id",
            Field::Flags => "flags",
        })
    }
}

impl fmt::Display for TraceContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TraceContextError::Missing => f.write_str("there is no traceparent header"),
            TraceContextError::Repeated => f.write_str("there is more than one traceparent header"),
            TraceContextError::Length => {
                f.write_str("traceparent: not 55 characters long (00-<32 hex>-<16 hex>-<2 hex>)")
            }
            TraceContextError::Version => f.write_str("traceparent: ff is not a version"),
            TraceContextError::Separator => {
                f.write_str("traceparent: version, ids and flags must be parted by dashes")
            }
            TraceContextError::Digits(field) => {
                write!(
                    f,
                    "traceparent: the {field} is not in lower-case hex digits"
                )
            }
            TraceContextError::Zero(field) => write!(f, "traceparent: the {field} is all zeros"),
        }
    }
}

impl std::error::Error for TraceContextError {}
