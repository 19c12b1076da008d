//! W3C Trace Context: how a trace goes on in another process.
//!
//! Two headers carry it: `traceparent` (ids and flags) and `tracestate` (what other tracing systems keep
//! of it). After [level 1] and [level 2] of the standard, which share version `00` of the header; level
//! 2 adds the flag for random trace ids and a simpler grammar of keys.
//!
//! [level 1]: https://www.w3.org/TR/trace-context-1/
//! [level 2]: https://www.w3.org/TR/trace-context-2/

mod error;
mod state;

pub use error::{Field, TraceContextError};
pub use state::{TraceState, TraceStateError};

use std::fmt;
use std::str::FromStr;

use crate::{SpanId, TraceId};

/// The name of the header with ids and flags.
pub const TRACEPARENT: &str = "traceparent";
/// The name of the header with the state of other tracing systems.
pub const TRACESTATE: &str = "tracestate";

/// `00-<32 hex>-<16 hex>-<2 hex>`
const LENGTH: usize = 55;
/// Whether the caller may have recorded the trace.
const SAMPLED: u8 = 1;
/// Whether the last 7 bytes of the trace id are random.
const RANDOM: u8 = 1 << 1;

/// A span of another process that goes on here, or one of ours that goes on elsewhere.
///
/// ```
/// use carrot_wire::TraceContext;
/// let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// let context = TraceContext::parse(header, "vendor=opaque")?;
/// assert!(context.sampled);
/// assert_eq!(context.traceparent(), header);
/// assert_eq!(context.state.get("vendor"), Some("opaque"));
/// # Ok::<(), carrot_wire::trace_context::TraceContextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TraceContext {
    /// The trace; never zero when it was parsed.
    pub trace: TraceId,
    /// The span that made the call; never zero when it was parsed.
    pub parent: SpanId,
    /// Whether the caller may have recorded it.
    pub sampled: bool,
    /// Whether the last 7 bytes of the trace id are random, as those of [`TraceId::from_random`] are.
    pub random: bool,
    /// What other tracing systems keep of the trace. To be passed on as it is.
    pub state: TraceState,
}

impl TraceContext {
    /// Reads the values of the two headers. `tracestate` may be empty.
    ///
    /// A `tracestate` that is not valid is left out as a whole, as the standard demands; only the
    /// `traceparent` decides whether the trace goes on.
    ///
    /// # Errors
    /// When `traceparent` is not what the standard allows. A new trace should then be started.
    pub fn parse(traceparent: &str, tracestate: &str) -> Result<TraceContext, TraceContextError> {
        TraceContext::from_values([traceparent.as_bytes()], [tracestate.as_bytes()])
    }

    /// Reads all values of the two headers, in the order they came in. Several `tracestate` headers are
    /// one list; several `traceparent` headers are none.
    ///
    /// # Errors
    /// As [`parse`](TraceContext::parse), and when there is not exactly one `traceparent`.
    pub fn from_values<'a>(
        traceparents: impl IntoIterator<Item = &'a [u8]>,
        tracestates: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<TraceContext, TraceContextError> {
        let mut traceparents = traceparents.into_iter();
        let traceparent = traceparents.next().ok_or(TraceContextError::Missing)?;
        if traceparents.next().is_some() {
            return Err(TraceContextError::Repeated);
        }
        let mut context = read(trim(traceparent))?;
        context.state = TraceState::from_values(tracestates).unwrap_or_default();
        Ok(context)
    }

    /// The value of the `traceparent` header, in version `00`. Flags that the standard does not define
    /// are zero.
    pub fn traceparent(&self) -> String {
        self.to_string()
    }
}

/// Reads a `traceparent` alone.
impl FromStr for TraceContext {
    type Err = TraceContextError;

    fn from_str(traceparent: &str) -> Result<TraceContext, TraceContextError> {
        read(trim(traceparent.as_bytes()))
    }
}

/// Writes the `traceparent`.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = (u8::from(self.sampled) * SAMPLED) | (u8::from(self.random) * RANDOM);
        write!(f, "00-{}-{}-{flags:02x}", self.trace, self.parent)
    }
}

fn read(header: &[u8]) -> Result<TraceContext, TraceContextError> {
    if header.len() < LENGTH {
        return Err(TraceContextError::Length);
    }
    let version = field(header, 0, 2, Field::Version)? as u8;
    match version {
        0xff => return Err(TraceContextError::Version),
        0 if header.len() > LENGTH => return Err(TraceContextError::Length),
        // What a later version adds comes after another dash.
        _ if header.len() > LENGTH && header[LENGTH] != b'-' => {
            return Err(TraceContextError::Separator);
        }
        _ => {}
    }
    if [2, 35, 52].iter().any(|&at| header[at] != b'-') {
        return Err(TraceContextError::Separator);
    }
    let trace = field(header, 3, 32, Field::TraceId)?;
    let parent = field(header, 36, 16, Field::ParentId)? as u64;
    let flags = field(header, 53, 2, Field::Flags)? as u8;
    if trace == 0 {
        return Err(TraceContextError::Zero(Field::TraceId));
    }
    if parent == 0 {
        return Err(TraceContextError::Zero(Field::ParentId));
    }
    Ok(TraceContext {
        trace: TraceId(trace),
        parent: SpanId(parent),
        sampled: flags & SAMPLED != 0,
        // Of a later version only the sampled flag is known to mean the same.
        random: version == 0 && flags & RANDOM != 0,
        state: TraceState::default(),
    })
}

/// A field of lower-case hex digits.
fn field(header: &[u8], at: usize, digits: usize, field: Field) -> Result<u128, TraceContextError> {
    header[at..at + digits].iter().try_fold(0, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return Err(TraceContextError::Digits(field)),
        };
        Ok((number << 4) | u128::from(digit))
    })
}

/// Without the white space that HTTP allows around a value.
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests;
