//! Whether anything records, and for whom.
//!
//! One word for the process, read with one relaxed load at each span. Whose a trace is, is decided
//! when its root opens and nowhere else.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering::Relaxed};

use crate::lock::Lock;

/// The client of what the process ships.
pub(crate) const PROCESS: u32 = 1;

/// Whether every span is a no-op: what [`is_off`] reads.
static OFF: AtomicU8 = AtomicU8::new(0);
static DECISION: AtomicU8 = AtomicU8::new(UNDECIDED);
static CAPTURES: AtomicUsize = AtomicUsize::new(0);
static NEXT_CAPTURE: AtomicU32 = AtomicU32::new(PROCESS + 1);

static UPDATING: Lock<()> = Lock::new(());

const UNDECIDED: u8 = 0;
const DECIDED_OFF: u8 = 1;
const DECIDED_ON: u8 = 2;

/// Whether tracing is in this build at all.
pub(crate) const BUILT_IN: bool = cfg!(feature = "enabled");

#[inline]
pub(crate) fn is_off() -> bool {
    !BUILT_IN || OFF.load(Relaxed) != 0
}

/// Whether the process ships its traces; decided once, by `init` or by the first root.
pub(crate) fn decide(on: bool) {
    DECISION.store(if on { DECIDED_ON } else { DECIDED_OFF }, Relaxed);
    update();
}

/// Whether the process ships its traces, as far as that is decided.
pub(crate) fn is_on() -> bool {
    DECISION.load(Relaxed) == DECIDED_ON
}

/// Another thread may have held the lock when this child was forked. One that is lost records nothing.
#[cfg(unix)]
pub(crate) fn forked(lost: bool) {
    UPDATING.abandon();
    if lost {
        decide(false);
    }
}

fn update() {
    // Two who read and write in turns would leave what neither of them saw.
    let _updating = UPDATING.lock();
    let off = DECISION.load(Relaxed) == DECIDED_OFF && CAPTURES.load(Relaxed) == 0;
    OFF.store(u8::from(off), Relaxed);
}

/// The client of a root that opens with no other: the process's, unless tracing is off.
pub(crate) fn process_client() -> Option<u32> {
    if DECISION.load(Relaxed) == UNDECIDED {
        crate::init::from_first_root();
    }
    is_on().then_some(PROCESS)
}

/// A client of its own for a test that captures; tracing is on until it is dropped.
pub(crate) struct CaptureClient(pub(crate) u32);

impl CaptureClient {
    pub(crate) fn new() -> CaptureClient {
        crate::clock::start();
        CAPTURES.fetch_add(1, Relaxed);
        update();
        CaptureClient(NEXT_CAPTURE.fetch_add(1, Relaxed))
    }
}

impl Drop for CaptureClient {
    fn drop(&mut self) {
        CAPTURES.fetch_sub(1, Relaxed);
        update();
    }
}
