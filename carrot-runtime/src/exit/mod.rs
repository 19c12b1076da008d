//! How a process ends, and what is delivered then.

#[cfg(unix)]
mod fork;
mod panic;
#[cfg(unix)]
mod signal;

use std::panic::catch_unwind;
use std::sync::Once;

use crate::export;
#[cfg(unix)]
pub(crate) use fork::begin_anew;

/// What of the settings is about the end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Exit {
    /// Whether SIGTERM and SIGINT flush.
    pub(crate) on_signals: bool,
    /// Whether it is told what cannot be done.
    pub(crate) debug: bool,
}

/// Has the process deliver at its end, however that comes. Called while tracing starts.
pub(crate) fn watch(exit: Exit) {
    flush_at_exit();
    panic::watch();
    #[cfg(unix)]
    {
        fork::watch();
        if exit.on_signals {
            signal::watch(exit.debug);
        }
    }
    #[cfg(not(unix))]
    let _ = exit;
}

/// Only where there is `fork` is there something to begin.
#[cfg(not(unix))]
pub(crate) fn begin_anew() {}

/// What the end waits for, of the guard, of a signal and of the process.
pub(crate) fn deliver() {
    #[cfg(unix)]
    fork::tell();
    export::at_the_end();
}

/// Has the process flush on a normal exit: a return from `main`, or `std::process::exit`.
///
/// Runs when thread-locals are gone and other threads still go on; so it relies on none of ours and
/// joins nothing. Without a C library's `atexit` (and in a cdylib) only the guard and `flush()` are left.
fn flush_at_exit() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        #[allow(unsafe_code, reason = "the standard library has no hook at exit")]
        // SAFETY: `handler` is a plain function that lives as long as the program and does not unwind.
        let result = unsafe { libc::atexit(handler) };
        if result != 0 {
            crate::warn::warn_once(
                "atexit",
                "no flush at exit: keep the guard of init(), or call flush()",
            );
        }
    });
}

extern "C" fn handler() {
    let _ = catch_unwind(deliver);
}
