//! Waiting for delivery.

use std::time::Duration;

use crate::{FlushReport, Stats, export, state};

/// Has everything delivered that ended before the call, and says what became of it.
///
/// Blocks until that is settled, or for the flush timeout (5 s unless set otherwise); what is not delivered by then is
/// written to the [spool](crate::Builder::spool). Safe anywhere: in an async runtime of one thread, in a `Drop`, in a panic
/// hook, twice. What is open still is shipped as running.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// let report = carrot_ai::flush();
/// assert_eq!(report.pending, 0);
/// ```
pub fn flush() -> FlushReport {
    export::flush(None)
}

/// Like [`flush`], with a timeout of its own.
pub fn flush_timeout(timeout: Duration) -> FlushReport {
    export::flush(Some(timeout))
}

/// Like [`flush`], for async code: other tasks of the runtime go on meanwhile. Needs no runtime of a certain kind.
///
/// The flush goes on if the future is dropped.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let report = carrot_ai::flush_async().await;
/// assert_eq!(report.pending, 0);
/// # });
/// ```
pub async fn flush_async() -> FlushReport {
    elsewhere(|| export::flush(None)).await
}

/// Delivers what there is, as [`flush`] does, and ends tracing: what is traced later is not recorded.
///
/// What cannot be delivered is written to the spool, and where the collector is away that is not waited for. The exporter's thread
/// ends, with its connections and its hold on the spool. A second call says the same again.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// let report = carrot_ai::shutdown();
/// assert!(report.is_safe());
/// assert_eq!(carrot_ai::shutdown(), report);
/// ```
pub fn shutdown() -> FlushReport {
    state::decide(false);
    export::shutdown(None)
}

/// Like [`shutdown`], with a timeout of its own.
pub fn shutdown_timeout(timeout: Duration) -> FlushReport {
    state::decide(false);
    export::shutdown(Some(timeout))
}

/// Like [`shutdown`], for async code.
pub async fn shutdown_async() -> FlushReport {
    elsewhere(shutdown).await
}

/// How the exporter is doing: what waits, what is on its way, what was delivered, what was lost. Waits for nothing.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// for destination in carrot_ai::stats().destinations {
///     println!("{}: {} acked, {} queued", destination.name, destination.acked, destination.queued);
/// }
/// ```
pub fn stats() -> Stats {
    export::stats()
}

/// Waits on a thread of its own: the wait keeps its deadline whatever becomes of the exporter, and needs no timer.
async fn elsewhere(flush: fn() -> FlushReport) -> FlushReport {
    let (reply, answer) = tokio::sync::oneshot::channel();
    let wait = move || {
        let _ = reply.send(flush());
    };
    let thread = std::thread::Builder::new().name("carrot-flush".to_owned());
    if thread.spawn(wait).is_err() {
        return export::now();
    }
    answer.await.unwrap_or_else(|_| export::now())
}
