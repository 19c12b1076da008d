//! What no program can bring about when it likes. The rest is in `tests/delivery/fork.rs`.

#![allow(unsafe_code, reason = "the standard library does not fork")]

use std::time::Instant;

use super::*;
use crate::Site;
use crate::inherit::Entry;

/// Whether a forked child found it so: it says no else by its exit, or by an end that is none.
fn holds_in_child(found: impl FnOnce() -> bool) -> bool {
    let mut status = -1;
    // SAFETY: the child does what is tested, and leaves by `_exit`, which runs nothing of the test harness.
    unsafe {
        match libc::fork() {
            0 => {
                // A lock that is never released must not be waited for here either.
                libc::alarm(20);
                libc::_exit(i32::from(!found()))
            }
            process => assert_eq!(libc::waitpid(process, &mut status, 0), process),
        }
    }
    status == 0
}

#[test]
fn a_child_whose_locks_another_thread_keeps_records_nothing_and_waits_for_none() {
    static SITE: Site = Site::new("of the child");
    watch();
    let held = inherit::kept().try_hold();
    assert!(held.is_some());
    let started = Instant::now();
    let recorded_nothing = holds_in_child(|| {
        let is_off = state::is_off() && !crate::Span::open(&SITE).is_recording();
        SITE.number();
        is_off && Entry::below(Ctx::NONE, |_| {}).is_some()
    });
    assert!(recorded_nothing && started.elapsed() >= AT_MOST);
    drop(held);
    assert!(holds_in_child(|| !state::is_off()));
}
