//! Time on the hot path: raw ticks, turned into times later.
//!
//! A span's ends are ticks of the processor's counter where Linux itself trusts it as its clock,
//! else nanoseconds of the monotonic clock. Nothing is calibrated at start-up: the exporter reads
//! both clocks again when it needs times, and lays each tick between two such readings.

use std::sync::OnceLock;
use std::time::Instant;

use carrot_wire::Timestamp;

/// Now, in ticks.
#[inline]
pub(crate) fn ticks() -> u64 {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    if tsc::is_trusted() {
        return tsc::read();
    }
    monotonic_nanos()
}

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

/// Turns ticks into times.
///
/// The rate is measured against the monotonic clock between the first reading and the newest, so
/// that setting the system's clock while we run neither bends nor breaks a trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    first: Reading,
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

impl Clock {
    /// The process's clock, with its rate measured up to now.
    pub(crate) fn now() -> Clock {
        static FIRST: OnceLock<Reading> = OnceLock::new();
        Clock::between(*FIRST.get_or_init(Reading::now), Reading::now())
    }

    fn between(first: Reading, now: Reading) -> Clock {
        let ticks = now.ticks.saturating_sub(first.ticks).max(1) as f64;
        let nanos = now.monotonic.duration_since(first.monotonic).as_nanos() as f64;
        Clock {
            first,
            nanos_per_tick: nanos / ticks,
        }
    }

    /// The time at which the counter stood at `ticks`.
    pub(crate) fn time(&self, ticks: u64) -> Timestamp {
        let since = ticks.wrapping_sub(self.first.ticks) as i64;
        let nanos = (since as f64 * self.nanos_per_tick) as i64;
        Timestamp::from_nanos(self.first.system_nanos.saturating_add(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn ticks_become_times_between_readings() {
        let monotonic = Instant::now();
        let first = Reading {
            ticks: 1_000,
            system_nanos: 5_000_000,
            monotonic,
        };
        let now = Reading {
            ticks: 3_000,
            system_nanos: 0,
            monotonic: monotonic + Duration::from_nanos(1_000),
        };
        let clock = Clock::between(first, now);
        assert_eq!(clock.time(1_000).as_nanos(), 5_000_000);
        assert_eq!(clock.time(2_000).as_nanos(), 5_000_500);
        assert_eq!(
            clock.time(800).as_nanos(),
            4_999_900,
            "before the first reading"
        );
    }

    #[test]
    fn ticks_never_go_back_on_one_thread() {
        let ticks: Vec<u64> = (0..1_000).map(|_| ticks()).collect();
        assert!(ticks.is_sorted());
    }
}
