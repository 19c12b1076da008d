//! `tracestate`: keys and values of other tracing systems, which are passed on.

use std::fmt;
use std::str::FromStr;

use super::trim;

/// The standard's limits.
const MAX_MEMBERS: usize = 32;
const MAX_KEY: usize = 256;
const MAX_VALUE: usize = 256;

/// A valid `tracestate`: at most 32 members `key=value`, no key twice.
///
/// ```
/// use carrot_wire::trace_context::TraceState;
/// let state: TraceState = "congo=t61rcWkgMzE, , rojo=00f067aa0ba902b7".parse()?;
/// assert_eq!(state.as_str(), "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7");
/// # Ok::<(), carrot_wire::trace_context::TraceStateError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TraceState(String);

impl TraceState {
    /// Reads all values of the header, in the order they came in. Empty members are left out, and so is
    /// a member whose key an earlier one has: the left-most is the newest.
    ///
    /// # Errors
    /// When any member is invalid, or there are more than 32. Then none of it may be used.
    pub fn from_values<'a>(
        values: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<TraceState, TraceStateError> {
        let members = values
            .into_iter()
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(trim)
            .filter(|member| !member.is_empty());
        let mut state = TraceState::default();
        for (at, member) in members.enumerate() {
            if at == MAX_MEMBERS {
                return Err(TraceStateError::TooMany);
            }
            let (key, value) = read_member(member)?;
            if state.get(key).is_none() {
                let comma = if state.0.is_empty() { "" } else { "," };
                state.0.extend([comma, key, "=", value]);
            }
        }
        Ok(state)
    }

    /// The value of the header to send; empty when there is nothing to send.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.members()
            .find_map(|(name, value)| (name == key).then_some(value))
    }

    /// Keys and values, the newest first.
    pub fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .split(',')
            .filter_map(|member| member.split_once('='))
    }
}

impl FromStr for TraceState {
    type Err = TraceStateError;

    fn from_str(value: &str) -> Result<TraceState, TraceStateError> {
        TraceState::from_values([value.as_bytes()])
    }
}

fn read_member(member: &[u8]) -> Result<(&str, &str), TraceStateError> {
    let member = str::from_utf8(member).map_err(|_| TraceStateError::Value)?;
    let (key, value) = member.split_once('=').ok_or(TraceStateError::Member)?;
    if !is_key(key.as_bytes()) {
        return Err(TraceStateError::Key);
    }
    if !is_value(value.as_bytes()) {
        return Err(TraceStateError::Value);
    }
    Ok((key, value))
}

/// Level 2's grammar, which takes all keys of level 1 too.
fn is_key(key: &[u8]) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    key.len() <= MAX_KEY
        && key.first().is_some_and(alphanumeric)
        && key
            .iter()
            .all(|byte| alphanumeric(byte) || b"_-*/@".contains(byte))
}

/// Printable ASCII without `,` and `=`, not ending in a space. At least one character.
fn is_value(value: &[u8]) -> bool {
    (1..=MAX_VALUE).contains(&value.len())
        && value
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~') && !b",=".contains(byte))
        && !value.ends_with(b" ")
}

/// What is wrong with a `tracestate`. It never repeats what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TraceStateError {
    /// A member is not `key=value`.
    Member,
    /// A key is too long or has characters that keys may not have.
    Key,
    /// A value is empty, too long, or has characters that values may not have.
    Value,
    /// There are more than 32 members.
    TooMany,
}

impl fmt::Display for TraceStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TraceStateError::Member => "tracestate: a member is not key=value",
            TraceStateError::Key => {
                "tracestate: a key is not 1 to 256 of a-z 0-9 _ - * / @, the first a letter or digit"
            }
            TraceStateError::Value => {
                "tracestate: a value is not 1 to 256 printable ASCII characters without , and ="
            }
            TraceStateError::TooMany => "tracestate: more than 32 members",
        })
    }
}

impl std::error::Error for TraceStateError {}
