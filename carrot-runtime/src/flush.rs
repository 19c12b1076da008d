//! Waiting for delivery.

use std::time::Duration;

use crate::{FlushReport, export};

/// Has everything delivered that ended before the call, and says what became of it.
///
/// Blocks until that is settled, or for the flush timeout (5 s unless set otherwise). Safe anywhere: in
/// an async runtime of one thread, in a `Drop`, twice. What is open still is shipped as running.
///
/// ```
/// let report = carrot_runtime::flush();
/// assert_eq!(report.pending, 0);
/// ```
pub fn flush() -> FlushReport {
    export::flush(None)
}

/// Like [`flush`], with a timeout of its own.
pub fn flush_timeout(timeout: Duration) -> FlushReport {
    export::flush(Some(timeout))
}
