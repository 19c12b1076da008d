//! Each counter and gauge: its name, what it counts, and what was told of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::{Key, Label, Level, Metadata, Recorder, Unit};

use crate::report::{self, Counts};

/// Whose they are, for recorders that filter.
const METADATA: Metadata<'static> = Metadata::new("carrot", Level::INFO, Some(module_path!()));

/// What is the same for every destination.
struct Kind {
    name: &'static str,
    reason: Option<&'static str>,
    is_gauge: bool,
    unit: Unit,
    about: &'static str,
    count: Count,
}

#[derive(Clone, Copy)]
enum Count {
    OfProcess(&'static AtomicU64),
    OfDestination(fn(&Counts) -> &AtomicU64),
}

const DROPPED: &str = "Records that were lost, by the reason.";
const ADOPTED_DROPPED: &str =
    "Records of earlier processes of this program that were lost, by the reason.";

static KINDS: [Kind; 22] = [
    process(
        "carrot_spans_recorded_total",
        "Records that were made: one for each span that ended, and one each time that an open span was shown.",
        &report::RECORDED,
    ),
    process(
        "carrot_spans_not_queued_total",
        "Spans that were lost before they reached any destination: they came faster than records are made of them.",
        &report::NOT_QUEUED,
    ),
    process(
        "carrot_traces_sampled_out_total",
        "Traces that were sampled out, which is no loss.",
        &report::SAMPLED_OUT,
    ),
    counter(
        "carrot_spans_acked_total",
        "Records that the destination said are durable.",
        |it| &it.acked,
    ),
    dropped("queue_full", |it| &it.queue_full),
    dropped("rejected", |it| &it.rejected),
    dropped("spool_full", |it| &it.spool_full),
    dropped("too_old", |it| &it.too_old),
    dropped("corrupt", |it| &it.corrupt),
    counter(
        "carrot_adopted_spans_acked_total",
        "Records of earlier processes of this program that were delivered from the spool.",
        |it| &it.adopted,
    ),
    adopted_dropped("rejected", |it| &it.adopted_lost.rejected),
    adopted_dropped("spool_full", |it| &it.adopted_lost.spool_full),
    adopted_dropped("too_old", |it| &it.adopted_lost.too_old),
    adopted_dropped("corrupt", |it| &it.adopted_lost.corrupt),
    counter(
        "carrot_batches_retried_total",
        "Batches that did not get through and were, or will be, tried again.",
        |it| &it.retried,
    ),
    Kind {
        unit: Unit::Bytes,
        ..counter(
            "carrot_sent_bytes_total",
            "Bytes of records that were sent, as JSON and before compression, each attempt counted.",
            |it| &it.bytes,
        )
    },
    gauge(
        "carrot_queue_records",
        Unit::Count,
        "Records that wait in memory.",
        |it| &it.queued,
    ),
    gauge(
        "carrot_queue_bytes",
        Unit::Bytes,
        "Bytes of the records that wait in memory.",
        |it| &it.queued_bytes,
    ),
    gauge(
        "carrot_in_flight_records",
        Unit::Count,
        "Records on their way, but for those that are in the spool too.",
        |it| &it.in_flight,
    ),
    gauge(
        "carrot_spool_records",
        Unit::Count,
        "Records of this process that wait in the spool.",
        |it| &it.spooled,
    ),
    gauge(
        "carrot_spool_bytes",
        Unit::Bytes,
        "Bytes on disk of all that waits in the spool for the destination.",
        |it| &it.spooled_bytes,
    ),
    gauge(
        "carrot_destination_away",
        Unit::Count,
        "1 while the last batch did not get through: the destination is away, fails, or asks to wait.",
        |it| &it.away,
    ),
];

const fn process(name: &'static str, about: &'static str, count: &'static AtomicU64) -> Kind {
    Kind {
        name,
        reason: None,
        is_gauge: false,
        unit: Unit::Count,
        about,
        count: Count::OfProcess(count),
    }
}

const fn counter(
    name: &'static str,
    about: &'static str,
    count: fn(&Counts) -> &AtomicU64,
) -> Kind {
    Kind {
        name,
        reason: None,
        is_gauge: false,
        unit: Unit::Count,
        about,
        count: Count::OfDestination(count),
    }
}

const fn dropped(reason: &'static str, count: fn(&Counts) -> &AtomicU64) -> Kind {
    Kind {
        reason: Some(reason),
        ..counter("carrot_spans_dropped_total", DROPPED, count)
    }
}

const fn adopted_dropped(reason: &'static str, count: fn(&Counts) -> &AtomicU64) -> Kind {
    Kind {
        reason: Some(reason),
        ..counter("carrot_adopted_spans_dropped_total", ADOPTED_DROPPED, count)
    }
}

const fn gauge(
    name: &'static str,
    unit: Unit,
    about: &'static str,
    count: fn(&Counts) -> &AtomicU64,
) -> Kind {
    Kind {
        is_gauge: true,
        unit,
        ..counter(name, about, count)
    }
}

/// One of them, of one destination.
pub(super) struct Series {
    kind: &'static Kind,
    counts: Option<Arc<Counts>>,
    key: Key,
    told: Option<u64>,
}

/// Those of the process, and of each destination.
pub(super) fn all<'a>(destinations: impl Iterator<Item = &'a Arc<Counts>>) -> Vec<Series> {
    let of_process = |kind: &&Kind| matches!(kind.count, Count::OfProcess(_));
    let process = KINDS.iter().filter(of_process);
    let mut all: Vec<Series> = process.map(|kind| Series::new(kind, None)).collect();
    for counts in destinations {
        let kinds = KINDS.iter().filter(|kind| !of_process(kind));
        all.extend(kinds.map(|kind| Series::new(kind, Some(counts))));
    }
    all
}

pub(super) fn describe(recorder: &dyn Recorder) {
    for kind in &KINDS {
        let (name, unit, about) = (kind.name.into(), Some(kind.unit), kind.about.into());
        if kind.is_gauge {
            recorder.describe_gauge(name, unit, about);
        } else {
            recorder.describe_counter(name, unit, about);
        }
    }
}

impl Series {
    fn new(kind: &'static Kind, counts: Option<&Arc<Counts>>) -> Series {
        let destination = counts.map(|it| Label::new("destination", it.name.clone()));
        let reason = kind.reason.map(|it| Label::new("reason", it));
        let labels: Vec<Label> = destination.into_iter().chain(reason).collect();
        Series {
            kind,
            counts: counts.cloned(),
            key: Key::from_parts(kind.name, labels),
            told: None,
        }
    }

    fn value(&self) -> u64 {
        match (self.kind.count, &self.counts) {
            (Count::OfProcess(count), _) => count.load(Relaxed),
            (Count::OfDestination(count), Some(counts)) => count(counts).load(Relaxed),
            (Count::OfDestination(_), None) => 0,
        }
    }

    pub(super) fn has_changed(&self) -> bool {
        self.told != Some(self.value())
    }

    /// Tells the recorder, if it does not know. It is asked for the counter each time: some forget those that rest.
    pub(super) fn tell(&mut self, recorder: &dyn Recorder, is_new: bool) {
        let value = self.value();
        let told = self.told.filter(|_| !is_new);
        if told == Some(value) {
            return;
        }
        self.told = Some(value);
        if self.kind.is_gauge {
            let gauge = recorder.register_gauge(&self.key, &METADATA);
            gauge.set(value as f64);
        } else {
            let counter = recorder.register_counter(&self.key, &METADATA);
            counter.increment(value.saturating_sub(told.unwrap_or(0)));
        }
    }
}
