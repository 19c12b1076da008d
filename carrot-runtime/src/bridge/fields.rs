//! The fields of a span: attributes that are understood later, metadata, and words to us.

use std::error::Error;
use std::fmt;

use carrot_wire::genai::{self, Attributes};
use carrot_wire::record::meta::TRUNCATED;
use serde_json::Value;
use tracing_core::field::{Field, Visit};

use crate::capture;
use crate::context::Ctx;
use crate::line::frame::Slot;

/// So many bytes of an attribute are kept.
const MAX_TEXT: usize = 1024 * 1024;

/// What `tracing-opentelemetry` takes as words to itself, and we do too.
const NAME: &str = "otel.name";
const STATUS: &str = "otel.status_code";
const DESCRIPTIONS: [&str; 2] = ["otel.status_description", "otel.status_message"];
/// Says which side of a call a span is; no word of ours.
const KIND: &str = "otel.kind";

/// What fields said beside metadata.
#[derive(Default)]
pub(super) struct Seen {
    /// To be understood on the exporter's thread,
    pub(super) attributes: Attributes,
    /// about so many bytes.
    pub(super) size: usize,
    pub(super) name: Option<String>,
    pub(super) failed: bool,
    pub(super) description: Option<String>,
    truncated: bool,
}

/// Visits the fields of a span, so many of them, and writes its metadata. A panic of a value's own code is
/// caught.
pub(super) fn see(span: Ctx, count: usize, mut visit: impl FnMut(&mut dyn Visit)) -> Seen {
    let mut seen = Seen::default();
    if count == 0 || !span.takes_values() {
        return seen;
    }
    capture::fields(&span, Slot::Metadata.now(), |metadata| {
        // Called again after a value panicked.
        seen = Seen::default();
        visit(&mut Visitor {
            seen: &mut seen,
            metadata,
        });
        if seen.truncated {
            metadata.field(TRUNCATED, |to| to.serialize(&true));
        }
    });
    seen
}

struct Visitor<'a, 'b> {
    seen: &'a mut Seen,
    metadata: &'a mut capture::Fields<'b>,
}

impl Visitor<'_, '_> {
    /// Takes a text that means something here; says whether it did.
    fn takes(&mut self, name: &str, text: &dyn fmt::Display) -> bool {
        let seen = &mut *self.seen;
        match name {
            NAME => seen.name = Some(text.to_string()),
            STATUS => seen.failed |= text.to_string().eq_ignore_ascii_case("error"),
            KIND => {}
            _ if DESCRIPTIONS.contains(&name) => seen.description = Some(text.to_string()),
            _ if genai::is_known(name) => {
                let mut text = text.to_string();
                if text.len() > MAX_TEXT {
                    text.truncate(text.floor_char_boundary(MAX_TEXT));
                    seen.truncated = true;
                }
                seen.size += name.len() + text.len();
                seen.attributes.insert(name.to_owned(), text.into());
            }
            _ => return false,
        }
        true
    }

    fn number(&mut self, field: &Field, value: Value) {
        let name = field.name();
        if genai::is_known(name) {
            self.seen.size += name.len() + size_of::<Value>();
            self.seen.attributes.insert(name.to_owned(), value);
        } else {
            self.metadata.field(name, |to| to.serialize(&value));
        }
    }
}

impl Visit for Visitor<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.number(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if !self.takes(field.name(), &value) {
            self.metadata.field(field.name(), |to| to.text(value));
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if !self.takes(field.name(), &value) {
            let text = value.to_string();
            self.metadata.field(field.name(), |to| to.text(&text));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if !self.takes(field.name(), &format_args!("{value:?}")) {
            self.metadata.field(field.name(), |to| to.debug(value));
        }
    }
}
