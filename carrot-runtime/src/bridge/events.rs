//! Events of `tracing`, as events of a span.

use std::error::Error;
use std::fmt::{self, Debug};

use carrot_wire::Level;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use tracing_core::Event;
use tracing_core::field::{Field, Visit};

use crate::context::{CAPTURING, Ctx};
use crate::current::SpanRef;
use crate::line::frame::Slot;
use crate::{capture, line};

/// The field that holds what an event says.
const MESSAGE: &str = "message";
/// The field that `#[instrument(err)]` writes.
const ERROR: &str = "error";
/// Bytes of a message that are kept as the event's name; all of it is in its data then.
const MAX_NAME: usize = 200;

/// Adds an event to a span. Only a span of `tracing` fails by it: ours know how they ended.
pub(super) fn record(event: &Event<'_>, ctx: Ctx, is_bridged: bool) {
    if !ctx.is_open() || ctx.flags & CAPTURING != 0 {
        return;
    }
    let span = SpanRef::new(ctx);
    let level = level_of(event);
    if level == Level::Error {
        span.set_level(level);
    }
    // The values' own code may call traced code, and may panic.
    let inside = Ctx {
        flags: ctx.flags | CAPTURING,
        ..ctx
    };
    let said = line::with(inside, || {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Said::of(event)))
    });
    let said = said.unwrap_or_default();
    if is_bridged && (level == Level::Error || (said.error.is_some() && said.message.is_none())) {
        fail(event, ctx, &said);
    }
    let message = said.message.or(said.error);
    let message = message.as_deref().unwrap_or(event.metadata().name());
    let name = &message[..message.floor_char_boundary(MAX_NAME)];
    let data = Data {
        event,
        whole_message: name.len() < message.len(),
    };
    span.event(name, Some(level), |fields| {
        fields.field("data", |to| to.serialize(&data));
    });
}

fn level_of(event: &Event<'_>) -> Level {
    match *event.metadata().level() {
        tracing_core::Level::ERROR => Level::Error,
        tracing_core::Level::WARN => Level::Warning,
        tracing_core::Level::INFO => Level::Default,
        _ => Level::Debug,
    }
}

/// With the error's sources, where it was recorded as an error; else with its text.
fn fail(event: &Event<'_>, ctx: Ctx, said: &Said) {
    struct Describe<'a, 'b> {
        to: Option<&'a mut capture::ErrorValue<'b>>,
    }
    impl Visit for Describe<'_, '_> {
        fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
            if field.name() == ERROR
                && let Some(to) = self.to.take()
            {
                to.error(ERROR, value);
            }
        }

        fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
    }
    let text = said
        .error
        .as_deref()
        .or(said.message.as_deref())
        .unwrap_or_default();
    capture::error(&ctx, Slot::Error.now(), |to| {
        let mut describe = Describe { to: Some(to) };
        event.record(&mut describe);
        if let Some(to) = describe.to {
            to.text(ERROR, text);
        }
    });
}

/// The texts of an event that mean something.
#[derive(Default)]
struct Said {
    message: Option<String>,
    error: Option<String>,
}

impl Said {
    fn of(event: &Event<'_>) -> Said {
        let mut said = Said::default();
        event.record(&mut said);
        said
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            MESSAGE => self.message = Some(format!("{value:?}")),
            ERROR => self.error = Some(format!("{value:?}")),
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

/// The fields of an event beside its message, and where it comes from.
struct Data<'a> {
    event: &'a Event<'a>,
    whole_message: bool,
}

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("target", self.event.metadata().target())?;
        let mut visitor = Fields {
            map,
            whole_message: self.whole_message,
            failed: None,
        };
        self.event.record(&mut visitor);
        match visitor.failed {
            Some(error) => Err(error),
            None => visitor.map.end(),
        }
    }
}

struct Fields<M: SerializeMap> {
    map: M,
    whole_message: bool,
    failed: Option<M::Error>,
}

impl<M: SerializeMap> Fields<M> {
    fn entry<T: Serialize + ?Sized>(&mut self, field: &Field, value: &T) {
        let is_said = field.name() == MESSAGE && !self.whole_message;
        if !is_said && self.failed.is_none() {
            self.failed = self.map.serialize_entry(field.name(), value).err();
        }
    }
}

impl<M: SerializeMap> Visit for Fields<M> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.entry(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.entry(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.entry(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.entry(field, &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.entry(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.entry(field, &Text(&value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.entry(field, &Text(&format_args!("{value:?}")));
    }
}

/// What is displayed, as a string.
struct Text<'a>(&'a dyn fmt::Display);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}
