//! What a panic does for what was recorded before it.

use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;
use std::time::Duration;

use crate::context::CAPTURING;
use crate::{export, line};

/// How long a process that is about to abort is held up at most.
const AT_MOST: Duration = Duration::from_secs(1);

/// Puts our hook before the one that is there.
pub(super) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        if std::thread::panicking() {
            // Here the hook cannot be changed, which says so by a panic. Nobody waits for who can: this may be the hook itself.
            let _ = std::thread::Builder::new().spawn(put_ours_before);
        } else {
            put_ours_before();
        }
    });
}

fn put_ours_before() {
    let theirs = take_hook();
    set_hook(Box::new(move |info| {
        panicked(info);
        theirs(info);
    }));
}

/// First: another hook may end the process.
fn panicked(info: &PanicHookInfo<'_>) {
    if aborts(info) {
        export::spool_now(AT_MOST);
    } else if line::current().flags & CAPTURING == 0 {
        export::wake();
    }
}

/// Whether the process is about to abort. That a panic cannot unwind (one that leaves a destructor while another
/// unwinds, or an `extern "C"` function) is said by nothing but the description of it, in today's Rust.
fn aborts(info: &PanicHookInfo<'_>) -> bool {
    cfg!(panic = "abort") || format!("{info:?}").contains("can_unwind: false")
}
