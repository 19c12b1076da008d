//! The two, each in two forms, by one handle.

use std::path::Path;
use std::time::Duration;

use carrot_ai::Transport;
use serde::{Deserialize, Serialize};

use crate::carrot::{self, Carrot};
use crate::otel::{self, Otel};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Product {
    CarrotHttp,
    CarrotWs,
    /// As it is by default: a queue of 2,048, batches of 512.
    Otel,
    OtelTuned,
}

impl Product {
    pub(crate) const ALL: [Product; 4] = [
        Product::CarrotHttp,
        Product::CarrotWs,
        Product::Otel,
        Product::OtelTuned,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Product::CarrotHttp => "carrot, http",
            Product::CarrotWs => "carrot, ws",
            Product::Otel => "opentelemetry",
            Product::OtelTuned => "  queue 200,000",
        }
    }

    pub(crate) fn is_carrot(self) -> bool {
        matches!(self, Product::CarrotHttp | Product::CarrotWs)
    }

    /// Starts it; the spool is Carrot's, and off where there is none.
    pub(crate) fn start(self, url: &str, spool: Option<&Path>) -> Running {
        match self {
            Product::CarrotHttp => Running::Carrot(Carrot::start(url, Transport::Http, spool)),
            Product::CarrotWs => Running::Carrot(Carrot::start(url, Transport::WebSocket, spool)),
            Product::Otel => Running::Otel(Otel::start(url, Default::default())),
            Product::OtelTuned => Running::Otel(Otel::start(url, otel::tuned())),
        }
    }
}

pub(crate) enum Running {
    Carrot(Carrot),
    Otel(Otel),
}

/// What a product says of its delivery.
pub(crate) struct Said {
    pub(crate) is_ok: bool,
    /// How many spans were lost, if it says that.
    pub(crate) dropped: Option<u64>,
}

impl Running {
    /// A tree whose spans have arguments, or none.
    pub(crate) fn tree(&self, has_arguments: bool, turn: u64) {
        match (self, has_arguments) {
            (Running::Carrot(_), true) => carrot::tree(turn),
            (Running::Carrot(_), false) => carrot::flat(turn),
            (Running::Otel(otel), true) => otel.tree(turn),
            (Running::Otel(otel), false) => otel.flat(turn),
        }
    }

    pub(crate) fn flush(&self) -> Said {
        match self {
            Running::Carrot(carrot) => carrot.flush(),
            Running::Otel(otel) => otel.flush(),
        }
    }

    /// The last delivery, after which both can say what was lost.
    pub(crate) fn shutdown(&self) -> Said {
        match self {
            Running::Carrot(carrot) => carrot.shutdown(),
            Running::Otel(otel) => otel.shutdown(),
        }
    }

    /// Waits until what was made lies where it is to lie while nobody takes it, and gives how much of it is on disk.
    pub(crate) fn settle(&self, made: u64, has_spool: bool) -> u64 {
        match self {
            Running::Carrot(carrot) => carrot.settle(made, has_spool),
            // It has given up what it has tried to send.
            Running::Otel(_) => {
                std::thread::sleep(Duration::from_secs(1));
                0
            }
        }
    }
}
