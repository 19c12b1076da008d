//! What was sent and is not acknowledged yet.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::export::answer::{Outcome, Refused};

/// Nothing more is sent while so many frames wait for their acknowledgement,
const MAX_FRAMES: usize = 4096;
/// or so many bytes of them.
const MAX_BYTES: usize = 8 << 20;

/// Records, and whom to tell what became of them.
pub(super) struct Batch {
    pub(super) records: Vec<Bytes>,
    pub(super) reply: oneshot::Sender<Outcome>,
}

impl Batch {
    pub(super) fn answer(self, outcome: Outcome) {
        // Who went away in the meantime needs no answer.
        let _ = self.reply.send(outcome);
    }

    fn bytes(&self) -> usize {
        self.records.iter().map(Bytes::len).sum()
    }
}

#[derive(Default)]
pub(super) struct Flights {
    /// In the order of their numbers.
    flights: VecDeque<Flight>,
    frames: usize,
    bytes: usize,
}

struct Flight {
    batch: Batch,
    /// The number of its first frame.
    first: u64,
    /// Which of its frames are answered.
    answered: Vec<bool>,
    left: usize,
    refused: Vec<Refused>,
}

impl Flights {
    pub(super) fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    /// Whether another batch may go. One may always, however large it is.
    pub(super) fn has_room(&self) -> bool {
        self.is_empty() || (self.frames < MAX_FRAMES && self.bytes < MAX_BYTES)
    }

    /// The batch goes out, in frames that count up from `first`.
    pub(super) fn add(&mut self, batch: Batch, first: u64) {
        let left = batch.records.len();
        if left == 0 {
            return batch.answer(Outcome::delivered());
        }
        self.frames += left;
        self.bytes += batch.bytes();
        self.flights.push_back(Flight {
            batch,
            first,
            answered: vec![false; left],
            left,
            refused: Vec::new(),
        });
    }

    /// A frame is answered: its record is durable, or refused and why. Says whether that is news.
    pub(super) fn answered(&mut self, seq: u64, refused: Option<String>) -> bool {
        let at = self.flights.partition_point(|flight| flight.end() <= seq);
        let Some(flight) = self.flights.get_mut(at) else {
            return false;
        };
        let index = seq.checked_sub(flight.first).unwrap_or(u64::MAX) as usize;
        match flight.answered.get_mut(index) {
            Some(answered) if !*answered => *answered = true,
            _ => return false,
        }
        flight.left -= 1;
        flight
            .refused
            .extend(refused.map(|why| Refused { index, why }));
        if flight.left == 0
            && let Some(flight) = self.flights.remove(at)
        {
            self.frames -= flight.answered.len();
            self.bytes -= flight.batch.bytes();
            let refused = flight.refused;
            flight.batch.answer(Outcome::Delivered { refused });
        }
        true
    }

    /// The batch whose answer is awaited the longest: it is none of these any more.
    pub(super) fn take_first(&mut self) -> Option<Batch> {
        let flight = self.flights.pop_front()?;
        Some(flight.batch)
    }
}

impl Flight {
    fn end(&self) -> u64 {
        self.first + self.answered.len() as u64
    }
}
