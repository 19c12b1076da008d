//! One batch on its way to a sink: bounded in time, and in halves where it is too large.

use std::time::Duration;

use bytes::Bytes;

use super::answer::{Outcome, Refused};
use super::sink::Sink;

/// No batch is on its way for longer, whatever the sink does.
const AT_MOST: Duration = Duration::from_secs(120);

/// What became of a batch.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) outcome: Outcome,
    /// Bytes of records that were sent.
    pub(super) bytes: usize,
    /// The batch was too large as it was: later ones are better no larger than this.
    pub(super) shrink_to: Option<usize>,
}

/// Sends a batch. What is too large goes in halves; a record that is too large alone is refused.
pub(super) async fn deliver(sink: Sink, records: Vec<Bytes>) -> Delivery {
    let mut delivery = Delivery {
        outcome: Outcome::delivered(),
        bytes: 0,
        shrink_to: None,
    };
    let sending = halve(&sink, &records, &mut delivery);
    match tokio::time::timeout(AT_MOST, sending).await {
        Ok(outcome) => delivery.outcome = outcome,
        Err(_) => delivery.outcome = Outcome::retry(format!("{} takes too long", sink.name())),
    }
    delivery
}

async fn halve(sink: &Sink, records: &[Bytes], delivery: &mut Delivery) -> Outcome {
    let mut refused = Vec::new();
    let whole = 0..records.len();
    let mut parts = vec![whole];
    while let Some(part) = parts.pop() {
        let Some(sent) = records.get(part.clone()) else {
            continue;
        };
        delivery.bytes += sent.iter().map(Bytes::len).sum::<usize>();
        match sink.send(sent).await {
            Outcome::Delivered { refused: some } => {
                refused.extend(some.into_iter().map(|record| Refused {
                    index: part.start + record.index,
                    ..record
                }));
            }
            Outcome::TooLarge if part.len() > 1 => {
                let middle = part.start + part.len() / 2;
                delivery.shrink_to = Some(part.len() / 2);
                parts.push(middle..part.end);
                parts.push(part.start..middle);
            }
            Outcome::TooLarge => refused.push(Refused {
                index: part.start,
                why: "a record is larger than the collector takes".to_owned(),
            }),
            // The parts that were delivered go once more with the others, which does no harm.
            other => return other,
        }
    }
    Outcome::Delivered { refused }
}
