//! What is the same for every span that one place in the code opens.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use carrot_wire::{Level, SpanKind};

use crate::lock::Lock;

/// A place in the code that opens spans: its name, kind, level, tags and metadata, fixed at compile time.
///
/// `#[trace]` makes one `static` of it for each function.
#[derive(Debug)]
pub struct Site {
    pub(crate) name: &'static str,
    pub(crate) module: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) kind: SpanKind,
    pub(crate) level: Level,
    pub(crate) tags: &'static [&'static str],
    /// A JSON object's text, or nothing.
    pub(crate) metadata: &'static str,
    /// What the metadata says of where the span comes from.
    pub(crate) source: &'static str,
    /// Its place in [`SITES`] plus one; 0 while it has opened no span.
    number: AtomicU32,
}

static SITES: Lock<Vec<&'static Site>> = Lock::new(Vec::new());

/// What a forked child goes on with.
#[cfg(unix)]
pub(crate) fn kept() -> &'static dyn crate::lock::Kept {
    &SITES
}

impl Site {
    /// A site whose spans have this name.
    pub const fn new(name: &'static str) -> Site {
        Site {
            name,
            module: "",
            file: "",
            line: 0,
            kind: SpanKind::Function,
            level: Level::Default,
            tags: &[],
            metadata: "",
            source: "decorator",
            number: AtomicU32::new(0),
        }
    }

    /// Where in the source it is.
    pub const fn location(mut self, module: &'static str, file: &'static str, line: u32) -> Site {
        self.module = module;
        self.file = file;
        self.line = line;
        self
    }

    /// The kind of its spans.
    pub const fn kind(mut self, kind: SpanKind) -> Site {
        self.kind = kind;
        self
    }

    /// How much its spans matter.
    pub const fn level(mut self, level: Level) -> Site {
        self.level = level;
        self
    }

    /// Tags of its spans.
    pub const fn tags(mut self, tags: &'static [&'static str]) -> Site {
        self.tags = tags;
        self
    }

    /// Metadata of its spans, as the text of a JSON object.
    pub const fn metadata(mut self, json_object: &'static str) -> Site {
        self.metadata = json_object;
        self
    }

    /// Where its spans come from, as their `metadata.source` says: `decorator` unless told otherwise.
    pub const fn source(mut self, source: &'static str) -> Site {
        self.source = source;
        self
    }

    /// A number for the records of spans: a pointer could not be turned back without unsafe code.
    #[inline]
    pub(crate) fn number(&'static self) -> u32 {
        match self.number.load(Relaxed) {
            0 => self.register(),
            number => number,
        }
    }

    #[cold]
    fn register(&'static self) -> u32 {
        let mut sites = SITES.lock();
        if self.number.load(Relaxed) == 0 {
            sites.push(self);
            self.number.store(sites.len() as u32, Relaxed);
        }
        self.number.load(Relaxed)
    }

    /// The site of a number that [`number`](Site::number) gave.
    pub(crate) fn by_number(number: u32) -> Option<&'static Site> {
        let sites = SITES.lock();
        sites.get((number as usize).wrapping_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_keeps_its_number() {
        static A: Site = Site::new("a");
        static B: Site = Site::new("b").kind(SpanKind::Agent);
        assert_eq!(A.number(), A.number());
        assert_ne!(A.number(), B.number());
        assert_eq!(
            Site::by_number(B.number()).map(|site| site.kind),
            Some(SpanKind::Agent)
        );
        assert!(Site::by_number(0).is_none());
    }
}
