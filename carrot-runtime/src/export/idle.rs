//! Whether the exporter sleeps until it is woken, and who wakes it. `tests/loom` runs this file under loom.
//!
//! The threads that trace pay a relaxed load for it. The price is that a root may end while the exporter is about to sleep and not
//! know of it: that costs one flush interval. Who does wake it is seen by its next look at the lines; and while it sleeps
//! for long it says so, whatever came before.

use super::sync::{AtomicBool, Ordering};

pub(super) struct Idle(pub(super) AtomicBool);

impl Idle {
    /// The exporter sleeps, `for_long` if its last look found nothing: it asks to be woken.
    pub(super) fn sleeps(&self, for_long: bool) {
        self.0.store(for_long, Ordering::Relaxed);
    }

    /// It looks at the lines.
    pub(super) fn wakes(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// A root ended. An exporter that looks regularly anyway is not woken.
    #[inline]
    pub(super) fn root_ended(&self, wake: impl FnOnce()) {
        if self.0.load(Ordering::Relaxed) {
            // Before it is woken: afterwards it may sleep again at once, and this would take back that it says so.
            self.0.store(false, Ordering::Relaxed);
            wake();
        }
    }
}
