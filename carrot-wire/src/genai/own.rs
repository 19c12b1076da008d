//! What a record says that no convention has a word for, under names of ours.

use super::attributes::Attributes;
use super::emit::said::Said;
use super::names;
use crate::{Level, Record, SpanKind, Status};

/// Says what the other attributes of a span with this kind and title do not.
pub(super) fn write(record: &Record, kind: SpanKind, title: &str, said: &mut Said) {
    let is_told = matches!(
        kind,
        SpanKind::Function
            | SpanKind::LlmCall
            | SpanKind::Embedding
            | SpanKind::Retrieval
            | SpanKind::ToolCall
            | SpanKind::Agent
    );
    let kind = (!is_told).then(|| kind.as_str().to_owned());
    said.text(names::CARROT_KIND, kind);
    let name = record.name.clone().filter(|name| name != title);
    said.text(names::CARROT_NAME, name);
    let level = record.level.filter(|&level| level != Level::Default);
    said.text(names::CARROT_LEVEL, level.map(|it| it.as_str().to_owned()));
    // A span of OpenTelemetry has ended well, badly, or nobody says.
    let status = record
        .status
        .filter(|&status| status == Status::Cancelled)
        .map(|status| status.as_str().to_owned());
    said.text(names::CARROT_STATUS, status);
}

/// Reads it back, over what the other conventions gave.
pub(super) fn read(attributes: &mut Attributes, record: &mut Record) {
    let mut take = |name: &str| attributes.take_text(&[name]);
    if let Some(kind) = take(names::CARROT_KIND).and_then(|it| SpanKind::from_name(&it)) {
        record.kind = Some(kind);
    }
    if let Some(name) = take(names::CARROT_NAME) {
        record.name = Some(name);
    }
    if let Some(level) = take(names::CARROT_LEVEL).and_then(|it| Level::from_name(&it)) {
        record.level = Some(level);
    }
    if let Some(status) = take(names::CARROT_STATUS).and_then(|it| Status::from_name(&it)) {
        record.status = Some(status);
    }
}
