//! What threads do with each other without locks, run in the orders that the memory model allows.
//!
//! The files themselves, on loom's atomics: they take theirs from a module `sync` above them, which here is loom's.

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

    /// A lock as the runtime has it.
    pub(crate) struct Lock<T>(loom::sync::Mutex<T>);

    impl<T> Lock<T> {
        pub(crate) fn new(value: T) -> Lock<T> {
            Lock(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }
}

#[path = "../../src/line/chunk.rs"]
#[allow(dead_code, unreachable_pub)]
mod chunk;
#[path = "../../src/line/pool.rs"]
#[allow(dead_code, unreachable_pub)]
mod pool;
#[path = "../../src/assemble/readings.rs"]
#[allow(dead_code, unreachable_pub)]
mod readings;
#[path = "../../src/export/idle.rs"]
#[allow(dead_code, unreachable_pub)]
mod idle;

mod chunks;
mod recycling;
mod closing;
mod waking;

/// Checks a model in every order with so many switches at most from a thread that could go on: what goes wrong goes wrong with few,
/// and all orders are too many.
fn model(switches: usize, check: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(switches);
    model.check(check);
}
