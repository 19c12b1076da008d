//! What the exporter does, as events of the `tracing` crate at debug level: feature `tracing`.
//!
//! They come from the exporter's thread, on which nothing is traced: neither they nor what a subscriber does with them
//! becomes a record, which would be told in its turn.

#[cfg(feature = "tracing")]
mod told;

#[cfg(feature = "tracing")]
pub(crate) use told::is_ours;
#[cfg(feature = "tracing")]
pub(super) use told::tell;

/// What happened to records of a destination.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "tracing"),
    allow(dead_code, reason = "it is told to nobody")
)]
pub(super) enum Happened<'a> {
    /// They are durable.
    Acked { records: usize, bytes: usize },
    /// They did not get through, and are tried again.
    Retried { records: usize, why: &'a str },
    /// They were written to the disk.
    Spooled { records: usize },
    /// They are lost.
    Dropped { records: u64, reason: &'static str },
    /// They were left by an earlier process, and are lost.
    AdoptedDropped { records: u64, reason: &'static str },
    /// The destination fails or is away.
    Away { why: &'a str },
    /// It is back.
    Back,
}

#[cfg(not(feature = "tracing"))]
pub(super) fn tell(_destination: &str, _happened: &Happened<'_>) {}
