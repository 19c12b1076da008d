//! Points in time as they cross the wire: RFC 3339 in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: nanoseconds since the Unix epoch, from 1677 to 2262.
///
/// Written in UTC with six digits of a second's fraction, or nine where the time is finer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A time from nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Timestamp {
        Timestamp(nanos)
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The system clock's time.
    pub fn now() -> Timestamp {
        SystemTime::now().into()
    }

    /// The time from `earlier` to `self`, or zero where the clock went backwards.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0).max(0) as u64)
    }
}

impl From<SystemTime> for Timestamp {
    /// Times before 1970 become 1970: no clock of ours runs there.
    fn from(time: SystemTime) -> Timestamp {
        let nanos = time
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        Timestamp(i64::try_from(nanos).unwrap_or(i64::MAX))
    }
}

/// A date and time that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseTimestampError;

impl fmt::Display for ParseTimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an RFC 3339 date and time from 1677 to 2262 such as 2026-01-31T12:00:00Z")
    }
}

impl std::error::Error for ParseTimestampError {}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    /// Takes RFC 3339; a time without an offset is taken as UTC, as Python's `isoformat` writes it.
    fn from_str(text: &str) -> Result<Timestamp, ParseTimestampError> {
        // A date alone is no point in time, though jiff would read it as midnight.
        if text.len() < "2026-01-31T12:00".len() {
            return Err(ParseTimestampError);
        }
        let time = text.parse::<jiff::Timestamp>().or_else(|_| {
            let naive = text.parse::<jiff::civil::DateTime>()?;
            Ok::<_, jiff::Error>(naive.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
        });
        let nanos = time.map_err(|_| ParseTimestampError)?.as_nanosecond();
        i64::try_from(nanos)
            .map(Timestamp)
            .map_err(|_| ParseTimestampError)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_nanosecond(self.0.into()).map_err(|_| fmt::Error)?;
        if self.0 % 1000 == 0 {
            write!(f, "{time:.6}")
        } else {
            write!(f, "{time:.9}")
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn written_in_utc_with_six_or_nine_digits() {
        let read = |text: &str| text.parse::<Timestamp>().map(|t| t.to_string());
        assert_eq!(
            read("2026-01-31T12:00:00Z").as_deref(),
            Ok("2026-01-31T12:00:00.000000Z")
        );
        assert_eq!(
            read("2026-01-31T12:00:00.5+02:00").as_deref(),
            Ok("2026-01-31T10:00:00.500000Z")
        );
        assert_eq!(
            read("2026-01-31T12:00:00.123456").as_deref(),
            Ok("2026-01-31T12:00:00.123456Z")
        );
        assert_eq!(
            Timestamp::from_nanos(1).to_string(),
            "1970-01-01T00:00:00.000000001Z"
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2026-01-31",
            "9999-01-01T00:00:00Z",
        ] {
            assert_eq!(
                text.parse::<Timestamp>(),
                Err(ParseTimestampError),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(nanos: i64) {
            let time = Timestamp::from_nanos(nanos);
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<Timestamp>();
        }
    }
}
