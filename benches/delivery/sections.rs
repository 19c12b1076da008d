//! The tables.

use crate::product::Product;
use crate::row::{Measured, Row, Task};

/// Rates that are tried, in spans a second: so many are made in one.
const NEAR: [u64; 9] = [
    50_000, 75_000, 100_000, 125_000, 150_000, 200_000, 250_000, 300_000, 400_000,
];
/// The same for a sink that is some way off:
const FAR: [u64; 9] = [
    2_500, 5_000, 10_000, 15_000, 20_000, 30_000, 50_000, 75_000, 100_000,
];
/// so many milliseconds.
const AWAY: u64 = 20;
/// A rate is kept up with if all has come so many seconds after that one.
const LAG: f64 = 0.25;

pub(crate) fn run() {
    let asked = std::env::args().skip(1).find(|it| it != "--bench");
    let sections: [(&str, fn()); 6] = [
        ("delivered", delivered),
        ("sustained", || sustained("sustained", NEAR, 0)),
        ("far", || sustained("far", FAR, AWAY)),
        ("flush", flushed),
        ("memory", held),
        ("spool", spooled),
    ];
    for (name, run) in sections {
        if asked.as_ref().is_none_or(|asked| name.contains(asked)) {
            run();
            println!();
        }
    }
}

fn measure(product: Product, task: Task) -> Measured {
    Row { product, task }.measure()
}

impl Measured {
    /// Microseconds of CPU of the thread that makes a span.
    fn maker_micros(&self) -> f64 {
        self.maker * 1e6 / self.made as f64
    }

    /// Microseconds of CPU of all other threads for a span that arrived.
    fn exporter_micros(&self) -> f64 {
        self.others * 1e6 / self.delivered as f64
    }

    /// The same in milliseconds for a megabyte that was sent.
    fn exporter_millis_a_megabyte(&self) -> f64 {
        self.others * 1e9 / self.bytes as f64
    }

    fn ok(&self) -> &'static str {
        if self.is_ok { "yes" } else { "no" }
    }

    fn told(&self) -> String {
        self.dropped
            .map_or("-".to_owned(), |dropped| dropped.to_string())
    }
}

/// The same spans at the same rate: how many arrive, when, and what that costs.
fn delivered() {
    println!(
        "{:<18}{:>8}{:>9}{:>10}{:>9}{:>5}{:>8}{:>8}{:>9}{:>9}{:>8}{:>8}",
        "delivered",
        "rate",
        "made",
        "arrived",
        "dropped",
        "ok",
        "made in",
        "all in",
        "caller",
        "exporter",
        "",
        ""
    );
    println!(
        "{:<18}{:>8}{:>9}{:>10}{:>9}{:>5}{:>8}{:>8}{:>9}{:>9}{:>8}{:>8}",
        "", "1/s", "", "", "it says", "", "s", "s", "us/span", "us/span", "ms/MB", "B/span"
    );
    for (spans, rate) in [
        (40_000, Some(20_000)),
        (200_000, Some(100_000)),
        (10_000, None),
        (300_000, None),
    ] {
        for product in Product::ALL {
            let task = Task::Deliver {
                spans,
                rate,
                answers_after: 0,
            };
            let it = measure(product, task);
            println!(
                "{:<18}{:>8}{:>9}{:>10}{:>9}{:>5}{:>8.2}{:>8.2}{:>9.2}{:>9.2}{:>8.1}{:>8}",
                product.name(),
                rate.map_or("any".to_owned(), |rate| rate.to_string()),
                it.made,
                it.delivered,
                it.told(),
                it.ok(),
                it.making,
                it.all,
                it.maker_micros(),
                it.exporter_micros(),
                it.exporter_millis_a_megabyte(),
                it.bytes / it.delivered.max(1),
            );
        }
    }
}

/// The highest rate at which all arrives, and at once.
fn sustained(name: &str, ladder: [u64; 9], answers_after: u64) {
    println!("{name:<18}{:>10}   and at the next rate", "1/s");
    for product in Product::ALL {
        let (mut best, mut next) = (0, "not tried".to_owned());
        for rate in ladder {
            let task = Task::Deliver {
                spans: rate,
                rate: Some(rate),
                answers_after,
            };
            let keeps_up = |it: &Measured| it.delivered == it.made && it.all < 1.0 + LAG;
            let mut it = measure(product, task);
            if !keeps_up(&it) {
                // Something else may have come in between.
                it = measure(product, task);
            }
            if !keeps_up(&it) {
                next = format!("{} of {rate} in {:.2} s", it.delivered, it.all);
                break;
            }
            best = rate;
        }
        println!("{:<18}{best:>10}   {next}", product.name());
    }
}

/// Flushes of 10,000 spans that were made a moment before.
fn flushed() {
    println!(
        "{:<18}{:>10}{:>10}{:>10}{:>10}{:>5}",
        "flush", "median ms", "worst ms", "made", "arrived", "ok"
    );
    for product in Product::ALL {
        let task = Task::Flush {
            rounds: 20,
            spans: 10_000,
        };
        let mut it = measure(product, task);
        it.flushes.sort_by(f64::total_cmp);
        println!(
            "{:<18}{:>10.1}{:>10.1}{:>10}{:>10}{:>5}",
            product.name(),
            it.flushes[it.flushes.len() / 2],
            it.flushes[it.flushes.len() - 1],
            it.made,
            it.delivered,
            it.ok(),
        );
    }
}

/// Spans without arguments while nobody takes them: what is held in memory, and what of it arrives when somebody does.
fn held() {
    println!(
        "{:<18}{:>8}{:>9}{:>12}{:>9}{:>9}{:>9}{:>9}{:>5}",
        "memory", "rate", "made", "MiB before", "at most", "on disk", "arrived", "dropped", "ok"
    );
    for (spans, rate) in [(300_000, Some(100_000)), (500_000, None)] {
        for (name, product, has_spool) in [
            ("carrot, spool off", Product::CarrotHttp, false),
            ("carrot", Product::CarrotHttp, true),
            (Product::Otel.name(), Product::Otel, false),
            (Product::OtelTuned.name(), Product::OtelTuned, false),
        ] {
            let task = Task::Away {
                spans,
                rate,
                has_arguments: false,
                has_spool,
            };
            let it = measure(product, task);
            println!(
                "{:<18}{:>8}{:>9}{:>12.1}{:>9.1}{:>9}{:>9}{:>9}{:>5}",
                name,
                rate.map_or("any".to_owned(), |rate| rate.to_string()),
                it.made,
                it.memory_before,
                it.memory_at_most,
                it.spooled,
                it.delivered,
                it.told(),
                it.ok(),
            );
        }
    }
}

/// The way over the disk beside the straight one.
fn spooled() {
    println!(
        "{:<18}{:>8}{:>9}{:>10}{:>10}{:>10}{:>10}{:>12}",
        "spool", "rate", "made", "on disk", "arrived", "us/span", "all in s", "back in s"
    );
    for product in [Product::CarrotHttp, Product::CarrotWs] {
        let (spans, rate) = (100_000, 50_000);
        let straight = Task::Deliver {
            spans,
            rate: Some(rate),
            answers_after: 0,
        };
        let away = Task::Away {
            spans,
            rate: Some(rate),
            has_arguments: true,
            has_spool: true,
        };
        for task in [straight, away] {
            let it = measure(product, task);
            println!(
                "{:<18}{rate:>8}{:>9}{:>10}{:>10}{:>10.2}{:>10.2}{:>12.2}",
                product.name(),
                it.made,
                it.spooled,
                it.delivered,
                it.exporter_micros(),
                it.all,
                it.back,
            );
        }
    }
}
