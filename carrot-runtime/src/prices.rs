//! The prices that this process counts by.

use std::sync::{LazyLock, OnceLock};

use carrot_wire::price::Prices;

static STARTED: OnceLock<Prices> = OnceLock::new();
static TABLE: LazyLock<Prices> = LazyLock::new(Prices::default);

/// The prices that model calls are counted by: those that tracing was started with, else the table's.
pub fn prices() -> &'static Prices {
    STARTED.get().unwrap_or(&TABLE)
}

pub(crate) fn start(prices: Prices) {
    // Tracing starts once in a process.
    let _ = STARTED.set(prices);
}
