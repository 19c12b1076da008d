//! The values of a span.

use carrot_wire::record::meta;

use super::size::allocated;
use crate::line::frame::{Said, Slot, Truncated};
use crate::span::Deferred;

/// A span keeps so many values, and about so many bytes of what adds up: one that is open for days while its program
/// writes events must not fill the memory.
const MAX_PARTS: usize = 10_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What was said of a span; most say nothing.
#[derive(Default)]
pub(super) struct Parts(Option<Box<Values>>);

#[derive(Default)]
struct Values {
    list: Vec<Part>,
    /// What the payloads hold.
    payloads: usize,
    /// Whether there was too much of it.
    full: bool,
}

impl Parts {
    /// Adds a value, or puts it in the place of what it replaces.
    pub(super) fn add(&mut self, part: Part) {
        self.0.get_or_insert_default().add(part);
    }

    /// About how much memory they hold.
    pub(super) fn size(&self) -> usize {
        self.0.as_ref().map_or(0, |values| {
            let list = values.list.capacity() * size_of::<Part>();
            allocated(size_of::<Values>()) + allocated(list) + values.payloads
        })
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Part> {
        let list = self.0.as_ref().map(|values| values.list.as_slice());
        list.unwrap_or_default().iter()
    }

    /// Keeps those; says whether there were others.
    pub(super) fn retain(&mut self, keep: impl FnMut(&Part) -> bool) -> bool {
        let Some(values) = &mut self.0 else {
            return false;
        };
        let before = values.list.len();
        values.list.retain(keep);
        values.list.shrink_to_fit();
        values.count();
        values.list.len() < before
    }

    /// Those that can be shown before the span has ended.
    pub(super) fn copy(&self) -> Parts {
        Parts(self.0.as_ref().map(|values| {
            let mut copy = Values {
                list: values.list.iter().filter_map(Part::copy).collect(),
                payloads: 0,
                full: values.full,
            };
            copy.count();
            Box::new(copy)
        }))
    }

    /// All of them, in the order in which they were said.
    pub(super) fn in_order(self) -> Vec<Part> {
        let mut list = self.0.map(|values| values.list).unwrap_or_default();
        list.sort_by_key(|part| part.order);
        list
    }
}

impl Values {
    fn add(&mut self, part: Part) {
        if part.replaces() {
            let same = |said: &Part| said.slot == part.slot;
            if let Some(said) = self.list.iter_mut().rfind(|said| same(said)) {
                if said.order <= part.order {
                    self.payloads = self.payloads - said.payload.size() + part.payload.size();
                    *said = part;
                }
                return;
            }
        } else if self.list.len() >= MAX_PARTS || self.payloads + part.payload.size() > MAX_BYTES {
            if !std::mem::replace(&mut self.full, true) {
                self.push(Part::incomplete());
            }
            return;
        }
        self.push(part);
    }

    fn push(&mut self, part: Part) {
        self.payloads += part.payload.size();
        if self.list.len() == self.list.capacity() {
            // A vector would begin with room for four: most spans say one thing or two.
            self.list.reserve_exact(self.list.len().max(1));
        }
        self.list.push(part);
    }

    fn count(&mut self) {
        self.payloads = self.list.iter().map(|part| part.payload.size()).sum();
    }
}

/// One value of a span.
pub(super) struct Part {
    pub(super) slot: Slot,
    /// Its place among the values of its span: the later, the greater.
    pub(super) order: u64,
    pub(super) payload: Payload,
    pub(super) truncated: Truncated,
}

pub(crate) enum Payload {
    Bytes(Vec<u8>),
    Deferred(Box<dyn Deferred>),
}

impl Payload {
    pub(super) fn size(&self) -> usize {
        match self {
            Payload::Bytes(bytes) => allocated(bytes.capacity()),
            Payload::Deferred(work) => allocated(size_of_val(&**work)) + work.size(),
        }
    }
}

impl Part {
    pub(super) fn new(said: Said, payload: Payload, truncated: Truncated) -> Part {
        // What the span itself says comes without a time. These it says at its end, all else at its beginning.
        let order = match said.slot {
            Slot::Output | Slot::Error | Slot::Deferred if said.at == 0 => u64::MAX,
            _ => said.at,
        };
        Part {
            slot: said.slot,
            order,
            payload,
            truncated,
        }
    }

    /// Whether the last word of its kind is all that counts.
    pub(super) fn replaces(&self) -> bool {
        match self.slot {
            Slot::Input
            | Slot::Output
            | Slot::Error
            | Slot::Name
            | Slot::Kind
            | Slot::Level
            | Slot::Status => true,
            Slot::Metadata
            | Slot::Tag
            | Slot::Event
            | Slot::Deferred
            | Slot::FirstToken
            | Slot::Session
            | Slot::User
            | Slot::Weight => false,
        }
    }

    /// Says that something is missing.
    pub(super) fn incomplete() -> Part {
        let said = serde_json::json!({ (meta::CAPTURE_COMPLETE): false });
        let payload = Payload::Bytes(said.to_string().into_bytes());
        Part::new(Slot::Metadata.into(), payload, false)
    }

    /// Work is done once, when the span has ended; values can be shown before.
    pub(super) fn copy(&self) -> Option<Part> {
        match &self.payload {
            Payload::Bytes(bytes) => Some(Part {
                payload: Payload::Bytes(bytes.clone()),
                ..*self
            }),
            Payload::Deferred(_) => None,
        }
    }
}
