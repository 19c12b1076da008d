//! Flushing when the process ends without a guard.

use std::panic::catch_unwind;
use std::sync::Once;

/// Has the process flush on a normal exit: a return from `main`, or `std::process::exit`.
///
/// Runs when thread-locals are gone and other threads still go on; so it relies on none of ours and
/// joins nothing. Without a C library's `atexit` (and in a cdylib) only the guard and `flush()` are left.
pub(crate) fn flush_at_exit() {
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
    let _ = catch_unwind(crate::export::at_the_end);
}
