//! Time on the hot path: raw ticks, turned into times later.
//!
//! A span's ends are ticks of the processor's counter where Linux itself trusts it as its clock,
//! else nanoseconds of the monotonic clock. Nothing waits to be calibrated: the clocks are read when
//! tracing starts and again when times are needed, and the rate is what passed between.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use carrot_wire::Timestamp;

use crate::lock::Lock;

/// Now, in ticks.
#[inline]
pub(crate) fn ticks() -> u64 {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    if tsc::is_trusted() {
        return tsc::read();
    }
    monotonic_nanos()
}

#[inline(never)]
fn monotonic_nanos() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod tsc {
    use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

    static TRUSTED: AtomicU8 = AtomicU8::new(UNKNOWN);
    const UNKNOWN: u8 = 0;
    const NO: u8 = 1;
    const YES: u8 = 2;

    #[inline]
    pub(super) fn is_trusted() -> bool {
        match TRUSTED.load(Relaxed) {
            YES => true,
            NO => false,
            _ => ask_linux(),
        }
    }

    /// Linux picks the counter as its own clock only after checking that it runs at one rate and in
    /// step on all cores.
    #[cold]
    fn ask_linux() -> bool {
        let source = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        let trusted = std::fs::read_to_string(source).is_ok_and(|name| name.trim() == "tsc");
        TRUSTED.store(if trusted { YES } else { NO }, Relaxed);
        trusted
    }

    #[inline]
    #[allow(
        unsafe_code,
        reason = "the standard clock costs two to three times as much, twice a span"
    )]
    pub(super) fn read() -> u64 {
        // SAFETY: every x86_64 processor has this instruction; it only reads a register.
        unsafe { std::arch::x86_64::_rdtsc() }
    }
}

/// A system clock that is further off than this was set, or the machine slept.
const STEP: Duration = Duration::from_secs(1);
/// The rate is measured over no less than this.
const MIN_MEASURED: Duration = Duration::from_millis(100);

/// Turns ticks into times.
///
/// The rate is measured against the monotonic clock between an old reading and the newest, so that a
/// system clock that is slewed does not bend a trace. One that was set, or that ran on while the
/// machine slept, is believed from then on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    anchor: Reading,
    /// Zero until it is measured.
    nanos_per_tick: f64,
}

/// Ticks, the system's time and the monotonic clock's, taken at the same moment.
#[derive(Clone, Copy, Debug)]
struct Reading {
    ticks: u64,
    system_nanos: i64,
    monotonic: Instant,
}

impl Reading {
    fn now() -> Reading {
        let attempt = || {
            let before = ticks();
            let (system_nanos, monotonic) = (Timestamp::now().as_nanos(), Instant::now());
            let took = ticks().saturating_sub(before);
            (
                took,
                Reading {
                    ticks: before + took / 2,
                    system_nanos,
                    monotonic,
                },
            )
        };
        // The quickest of three: between two clocks the thread may lose its processor.
        let tries = [attempt(), attempt(), attempt()];
        tries
            .into_iter()
            .min_by_key(|(took, _)| *took)
            .map_or_else(|| attempt().1, |(_, reading)| reading)
    }
}

/// The process's clock, once it was read.
static CLOCK: Lock<Option<Clock>> = Lock::new(None);

/// What a forked child goes on with.
#[cfg(unix)]
pub(crate) fn kept() -> &'static dyn crate::lock::Kept {
    &CLOCK
}

/// Reads the clocks for the first time: called before the first span, since the rate is only known for what
/// comes after.
pub(crate) fn start() {
    Clock::now();
}

impl Clock {
    /// The process's clock, with its rate measured up to now.
    pub(crate) fn now() -> Clock {
        let mut clock = CLOCK.lock();
        let now = Reading::now();
        let first = Clock {
            anchor: now,
            nanos_per_tick: 0.0,
        };
        let read = clock.map_or(first, |clock| clock.read_again(now));
        *clock.insert(read)
    }

    fn read_again(self, now: Reading) -> Clock {
        let Clock {
            anchor,
            nanos_per_tick,
        } = self;
        let passed = now.monotonic.saturating_duration_since(anchor.monotonic);
        let nanos = passed.as_nanos() as i64;
        let off = now.system_nanos.saturating_sub(anchor.system_nanos) - nanos;
        let measured = nanos_per_tick > 0.0;
        if measured && off.unsigned_abs() > STEP.as_nanos() as u64 {
            return Clock {
                anchor: now,
                nanos_per_tick,
            };
        }
        if measured && passed < MIN_MEASURED {
            return self;
        }
        let ticks = now.ticks.saturating_sub(anchor.ticks).max(1);
        Clock {
            anchor,
            nanos_per_tick: nanos as f64 / ticks as f64,
        }
    }

    /// The time at which the counter stood at `ticks`.
    pub(crate) fn time(&self, ticks: u64) -> Timestamp {
        let since = ticks.wrapping_sub(self.anchor.ticks) as i64;
        let nanos = (since as f64 * self.nanos_per_tick) as i64;
        Timestamp::from_nanos(self.anchor.system_nanos.saturating_add(nanos))
    }
}

#[cfg(test)]
mod tests;
