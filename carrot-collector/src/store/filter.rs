//! Which traces a list shows.

use std::fmt;
use std::str::FromStr;

use carrot_wire::{RecordId, SpanKind, Status, Timestamp};

/// What a listed trace must be. Everything that is given must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// At most this many rows.
    pub(crate) limit: usize,
    /// Only what comes after this place.
    pub(crate) after: Option<Cursor>,
    /// The root's status.
    pub(crate) status: Option<Status>,
    /// The root's name.
    pub(crate) name: Option<String>,
    /// The root's session.
    pub(crate) session: Option<String>,
    /// The root's user.
    pub(crate) user: Option<String>,
    /// The root started then or later.
    pub(crate) from: Option<Timestamp>,
    /// The root started before.
    pub(crate) to: Option<Timestamp>,
    /// A model that any span asked for or was answered by.
    pub(crate) model: Option<String>,
    /// Tags, each on any span.
    pub(crate) tags: Vec<String>,
    /// The kind of any span.
    pub(crate) kind: Option<SpanKind>,
    /// Words that all occur in one span; empty for none.
    pub(crate) text: String,
}

/// A place in a list, which stays where it is when newer traces come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The sort time of the last row shown.
    pub(crate) started: Timestamp,
    /// Its id.
    pub(crate) id: RecordId,
}

/// Hex of both parts; opaque to readers.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:032x}", self.started.as_nanos(), self.id.0)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Cursor, ()> {
        let (started, id) = text.split_at_checked(16).ok_or(())?;
        if !started.bytes().all(|byte| byte.is_ascii_hexdigit()) || id.len() != 32 {
            return Err(());
        }
        // The bits of a signed number, as `{:x}` wrote them.
        let started = u64::from_str_radix(started, 16).map_err(drop)? as i64;
        Ok(Cursor {
            started: Timestamp::from_nanos(started),
            id: id.parse().map_err(drop)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_is_read_back(started: i64, id: u128) {
            let cursor = Cursor { started: Timestamp::from_nanos(started), id: RecordId(id) };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<Cursor>();
        }
    }
}
