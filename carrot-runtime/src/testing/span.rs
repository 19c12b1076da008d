//! One span of a capture.

use std::ops::Index;

use carrot_wire::llm::Usage;
use carrot_wire::record::{ErrorInfo, meta};
use carrot_wire::{Json, Level, Record, SpanKind, Status};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One span of a capture, with the spans below it.
///
/// As a snapshot it has what was recorded and nothing that is absent; a session, a user or an agent stands only
/// where it differs from that of the span above.
#[derive(Debug, Clone, Serialize)]
pub struct Span {
    name: String,
    kind: SpanKind,
    status: Status,
    #[serde(skip_serializing_if = "is_nothing_special")]
    level: Level,
    #[serde(rename = "session_id", skip_serializing_if = "Inherited::is_known")]
    session: Inherited,
    #[serde(rename = "user_id", skip_serializing_if = "Inherited::is_known")]
    user: Inherited,
    #[serde(skip_serializing_if = "Value::is_null")]
    input: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    output: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorInfo>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(rename = "metadata", skip_serializing_if = "Map::is_empty")]
    own_metadata: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Event>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Span>,
    #[serde(skip)]
    metadata: Value,
    #[serde(skip)]
    usage: Usage,
    #[serde(skip)]
    cost_usd: Option<f64>,
}

/// Something that happened inside a span, without its time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Event {
    #[serde(default)]
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    data: Value,
}

/// A value that spans have from the span above.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
struct Inherited {
    value: Option<String>,
    #[serde(skip)]
    as_above: bool,
}

impl Inherited {
    fn new(value: &Option<String>, above: Option<&Option<String>>) -> Inherited {
        Inherited {
            value: value.clone(),
            as_above: above.is_some_and(|above| above == value),
        }
    }

    fn is_known(&self) -> bool {
        self.value.is_none() || self.as_above
    }
}

fn is_nothing_special(level: &Level) -> bool {
    *level == Level::Default
}

/// The metadata that spans have from the span above.
const INHERITED: [&str; 3] = [meta::AGENT, meta::AGENT_ROLE, meta::PARENT_AGENT];

/// The value, with the keys of its objects in order: in a program where `serde_json/preserve_order` is on, which any
/// dependency may turn on, they would stand as they were written.
pub(super) fn sorted(json: &Json) -> Value {
    let mut value = json.to_value();
    value.sort_all_objects();
    value
}

impl Span {
    pub(super) fn new(record: &Record, above: Option<&Record>, children: Vec<Span>) -> Span {
        let value = |json: &Option<Json>| json.as_ref().map_or(Value::Null, sorted);
        let mut metadata = record.metadata.clone();
        // What every span in the code says is not worth a line in every snapshot.
        if let Some("decorator" | "manual") = record.meta_str(meta::SOURCE) {
            metadata.remove(meta::SOURCE);
        }
        metadata.values_mut().for_each(Value::sort_all_objects);
        metadata.sort_keys();
        let mut own_metadata = metadata.clone();
        own_metadata.retain(|key, value| {
            let above = above.and_then(|above| above.metadata.get(key));
            !INHERITED.contains(&key.as_str()) || above != Some(value)
        });
        let output = value(&record.output);
        Span {
            name: record.name.clone().unwrap_or_default(),
            kind: record.kind_or_default(),
            status: record.status.unwrap_or(Status::Running),
            level: record.level.unwrap_or(Level::Default),
            session: Inherited::new(&record.session_id, above.map(|above| &above.session_id)),
            user: Inherited::new(&record.user_id, above.map(|above| &above.user_id)),
            input: value(&record.input),
            output,
            error: record.error.clone(),
            tags: record.tags.clone().unwrap_or_default(),
            own_metadata,
            metadata: Value::Object(metadata),
            events: serde_json::from_value(value(&record.events)).unwrap_or_default(),
            children,
            usage: Usage::of(record),
            cost_usd: crate::prices().cost_of(record),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its kind on the wire: `function`, `llm_call`, …
    pub fn kind(&self) -> &'static str {
        self.kind.as_str()
    }

    /// Its status on the wire: `success`, `error`, `cancelled` or `running`.
    pub fn status(&self) -> &'static str {
        self.status.as_str()
    }

    /// How much it matters, on the wire: `DEBUG`, `DEFAULT`, `WARNING` or `ERROR`.
    pub fn level(&self) -> &'static str {
        self.level.as_str()
    }

    /// What went in, by name; null if nothing was recorded.
    pub fn input(&self) -> &Value {
        &self.input
    }

    /// What came out; null if nothing was recorded.
    pub fn output(&self) -> &Value {
        &self.output
    }

    /// Why it failed.
    pub fn error(&self) -> Option<&ErrorInfo> {
        self.error.as_ref()
    }

    /// Its tags.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Its metadata, an object, without what differs from run to run.
    pub fn metadata(&self) -> &Value {
        &self.metadata
    }

    /// What happened inside it, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The session it is part of.
    pub fn session(&self) -> Option<&str> {
        self.session.value.as_deref()
    }

    /// The user it was done for.
    pub fn user(&self) -> Option<&str> {
        self.user.value.as_deref()
    }

    /// The model that answered, or the one that was asked for where the answer does not say.
    pub fn model(&self) -> Option<&str> {
        let known = [meta::MODEL, meta::REQUEST_MODEL];
        known.iter().find_map(|key| self.metadata[*key].as_str())
    }

    /// The tokens that this span itself says it used; see [`Traces::total_tokens`](super::Traces::total_tokens)
    /// for sums.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// What it says it cost, in US dollars, or what its tokens cost by the prices it was started with.
    pub fn cost_usd(&self) -> Option<f64> {
        self.cost_usd
    }

    /// The spans directly below it.
    pub fn children(&self) -> &[Span] {
        &self.children
    }

    /// It and every span below it, each before its children.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        walk(std::slice::from_ref(self))
    }

    /// The first span of this name below it.
    pub fn find(&self, name: &str) -> Option<&Span> {
        walk(&self.children).find(|span| span.name == name)
    }

    /// Every span of this name below it.
    pub fn find_all(&self, name: &str) -> Vec<&Span> {
        walk(&self.children)
            .filter(|span| span.name == name)
            .collect()
    }
}

/// The first span of a name below it: `span["retrieve"]`. Panics if there is none, and says what there is.
impl Index<&str> for Span {
    type Output = Span;

    #[track_caller]
    fn index(&self, name: &str) -> &Span {
        let Some(found) = self.find(name) else {
            let below: Vec<&str> = walk(&self.children).map(Span::name).collect();
            panic!(
                "no span named `{name}` below `{}`, only {below:?}",
                self.name
            );
        };
        found
    }
}

/// Spans in the order in which they are drawn.
pub(super) fn walk(roots: &[Span]) -> impl Iterator<Item = &Span> {
    let mut stack: Vec<&Span> = roots.iter().rev().collect();
    std::iter::from_fn(move || {
        let span = stack.pop()?;
        stack.extend(span.children.iter().rev());
        Some(span)
    })
}

impl Drop for Span {
    /// A tree may be deeper than the stack: the children are taken apart in a loop.
    fn drop(&mut self) {
        let mut stack = std::mem::take(&mut self.children);
        while let Some(mut span) = stack.pop() {
            stack.append(&mut span.children);
        }
    }
}

impl Event {
    /// What happened.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How much it matters, on the wire, where that was said.
    pub fn level(&self) -> Option<&'static str> {
        self.level.map(Level::as_str)
    }

    /// What is known of it; null if nothing is.
    pub fn data(&self) -> &Value {
        &self.data
    }
}
