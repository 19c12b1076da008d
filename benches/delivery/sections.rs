//! The tables.

use crate::product::Product;
use crate::row::{Measured, Row, Task};

/// Rates of the ladder, in spans a second.
const LADDER: [u64; 9] = [
    25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 400_000, 600_000,
];
/// A step of the ladder is kept up with if all has come so many seconds after a second of making.
const LAG: f64 = 0.25;

pub(crate) fn run() {
    let asked = std::env::args().skip(1).find(|it| it != "--bench");
    let sections: [(&str, fn()); 5] = [
        ("delivered", delivered),
        ("sustained", sustained),
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

fn delivered() {
    println!(
        "{:<18}{:>9}{:>9}{:>10}{:>9}{:>7}{:>9}{:>9}{:>9}{:>8}{:>8}{:>8}",
        "",
        "rate",
        "made",
        "delivered",
        "told",
        "ok",
        "made s",
        "all s",
        "k/s",
        "maker",
        "export",
        "B/span"
    );
    for (spans, rate) in [
        (40_000, Some(20_000)),
        (200_000, Some(100_000)),
        (10_000, None),
        (300_000, None),
    ] {
        for product in Product::ALL {
            let it = measure(product, Task::Deliver { spans, rate });
            let delivered = it.delivered as f64;
            println!(
                "{:<18}{:>9}{:>9}{:>10}{:>9}{:>7}{:>9.2}{:>9.2}{:>9.0}{:>8.2}{:>8.2}{:>8.0}{:>8.2}",
                product.name(),
                rate.map_or("any".to_owned(), |rate| rate.to_string()),
                it.made,
                it.delivered,
                it.dropped
                    .map_or("-".to_owned(), |dropped| dropped.to_string()),
                if it.is_ok { "yes" } else { "no" },
                it.making,
                it.all,
                delivered / it.all / 1e3,
                it.maker * 1e6 / it.made as f64,
                it.others * 1e6 / delivered,
                it.bytes as f64 / delivered,
                it.others * 1e3 / (it.bytes as f64 / 1e6),
            );
        }
    }
}

fn sustained() {
    for product in Product::ALL {
        let mut best = 0;
        for rate in LADDER {
            let it = measure(
                product,
                Task::Deliver {
                    spans: rate,
                    rate: Some(rate),
                },
            );
            if it.delivered < it.made || it.all > 1.0 + LAG {
                println!(
                    "{:<18}{best:>9}   at {rate}: {} of {} in {:.2} s",
                    product.name(),
                    it.delivered,
                    it.made,
                    it.all
                );
                break;
            }
            best = rate;
        }
    }
}

fn flushed() {
    for product in Product::ALL {
        let mut it = measure(
            product,
            Task::Flush {
                rounds: 30,
                spans: 10_000,
            },
        );
        it.flushes.sort_by(f64::total_cmp);
        let (median, worst) = (
            it.flushes[it.flushes.len() / 2],
            it.flushes[it.flushes.len() - 1],
        );
        println!(
            "{:<18}{median:>9.1}{worst:>9.1}  {} of {}, ok {}",
            product.name(),
            it.delivered,
            it.made,
            it.is_ok
        );
    }
}

fn held() {
    for (spans, rate) in [(500_000, Some(100_000)), (1_000_000, None)] {
        for (product, has_spool) in [
            (Product::CarrotHttp, false),
            (Product::CarrotHttp, true),
            (Product::Otel, false),
            (Product::OtelTuned, false),
        ] {
            let it = measure(
                product,
                Task::Away {
                    spans,
                    rate,
                    has_arguments: false,
                    has_spool,
                },
            );
            println!(
                "{:<18}{has_spool:>6}{:>9}{:>9}{:>9.1}{:>9.1}{:>10}{:>9?}{:>9.2}",
                product.name(),
                it.made,
                it.spooled,
                it.memory_before,
                it.memory_at_most,
                it.delivered,
                it.dropped,
                it.making
            );
        }
    }
}

fn spooled() {
    for product in [Product::CarrotHttp, Product::CarrotWs] {
        let (spans, rate) = (100_000, Some(50_000));
        let straight = measure(product, Task::Deliver { spans, rate });
        let away = measure(
            product,
            Task::Away {
                spans,
                rate,
                has_arguments: true,
                has_spool: true,
            },
        );
        for it in [straight, away] {
            println!(
                "{:<18}{:>9}{:>9}{:>9.2}{:>9.2}{:>9.2}",
                product.name(),
                it.delivered,
                it.spooled,
                it.others * 1e6 / it.delivered as f64,
                it.all,
                it.back
            );
        }
    }
}
