//! What a process and its threads have used.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time until now.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    /// Of all threads, those that ended too.
    pub(crate) process: Duration,
    /// Of the thread that asks.
    pub(crate) thread: Duration,
}

impl Used {
    pub(crate) fn now() -> Used {
        Used {
            process: read(ClockId::ProcessCPUTime),
            thread: read(ClockId::ThreadCPUTime),
        }
    }
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// MiB of memory: `VmRSS:`, what the process holds, or `VmHWM:`, the most that it ever held. Linux alone says it; 0 elsewhere.
pub(crate) fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
