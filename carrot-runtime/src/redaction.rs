//! What is taken out of records before they leave the process.
//!
//! Values of the built-in secret names are never captured. What the program asks for beside them is done here, on the
//! exporter's thread and so at no cost to the traced one: names, then patterns, then the program's own hook.

mod event;
mod recorded;

pub use event::RedactEvent;
pub use recorded::redacted;
pub(crate) use recorded::start;

use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use carrot_wire::record::meta;
use carrot_wire::redact::{Names, REDACTED};
use carrot_wire::{Json, Record};
use regex::{NoExpand, Regex};
use serde_json::Value;

use crate::warn;

/// What stands for a payload whose redaction failed.
const WITHHELD: &str = "[withheld: the redact hook panicked]";

pub(crate) type Hook = dyn Fn(&mut RedactEvent) + Send + Sync;

/// What the program asked for.
#[derive(Clone, Default)]
pub(crate) struct Redaction {
    pub(crate) names: Names,
    pub(crate) patterns: Vec<Regex>,
    pub(crate) hook: Option<Arc<Hook>>,
}

impl Redaction {
    /// The record as it may leave the process.
    pub(crate) fn apply(&self, mut record: Record) -> Record {
        self.clear_exchange(&mut record);
        if !self.names.is_empty() || !self.patterns.is_empty() {
            self.scrub_record(&mut record);
        }
        if let Some(hook) = &self.hook {
            let mut event = RedactEvent::of(&record);
            match catch_unwind(AssertUnwindSafe(|| hook(&mut event))) {
                Ok(()) => event.write(&mut record),
                Err(_) => withhold(&mut record),
            }
        }
        record
    }

    /// Of an exchange that cannot be read nothing is sent.
    fn clear_exchange(&self, record: &mut Record) {
        let Some(exchange) = record.exchange.take() else {
            return;
        };
        match serde_json::from_str(exchange.as_str()) {
            Ok(call) => record.exchange = Some(Json::from_value(&self.recorded(call))),
            Err(_) => {
                let metadata = &mut record.metadata;
                metadata.insert("exchange_withheld".to_owned(), true.into());
            }
        }
    }

    fn scrub_record(&self, record: &mut Record) {
        let payloads = [
            &mut record.input,
            &mut record.output,
            &mut record.events,
            &mut record.scores,
            &mut record.logprobs,
        ];
        let [_, output_scrubbed, ..] = payloads.map(|payload| self.scrub_payload(payload));
        if output_scrubbed {
            // They spell the output in pieces too small for a pattern.
            record.logprobs = None;
        }
        let mut metadata = Value::Object(std::mem::take(&mut record.metadata));
        self.scrub(&mut metadata);
        if let Value::Object(metadata) = metadata {
            record.metadata = metadata;
        }
        let error = record.error.iter_mut();
        let error = error.flat_map(|error| {
            [&mut error.message, &mut error.kind]
                .into_iter()
                .chain(&mut error.chain)
        });
        let texts = [
            &mut record.name,
            &mut record.session_id,
            &mut record.user_id,
        ];
        let texts = texts.into_iter().flatten().chain(error);
        for text in texts.chain(record.tags.iter_mut().flatten()) {
            if let Some(scrubbed) = self.scrub_text(text) {
                *text = scrubbed;
            }
        }
    }

    fn scrub_payload(&self, payload: &mut Option<Json>) -> bool {
        let Some(payload) = payload else {
            return false;
        };
        let mut value = payload.to_value();
        let scrubbed = self.scrub(&mut value);
        // Written again only if need be: that loses the order of keys.
        if scrubbed {
            *payload = Json::from_value(&value);
        }
        scrubbed
    }

    /// Says whether anything was replaced.
    fn scrub(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => match self.scrub_text(text) {
                Some(scrubbed) => {
                    *text = scrubbed;
                    true
                }
                None => false,
            },
            Value::Array(values) => values
                .iter_mut()
                .fold(false, |any, value| self.scrub(value) | any),
            Value::Object(map) => {
                let mut any = false;
                for (name, value) in &mut *map {
                    if self.names.contains(name) {
                        *value = REDACTED.into();
                        any = true;
                    } else {
                        any |= self.scrub(value);
                    }
                }
                if map.keys().any(|name| self.scrub_text(name).is_some()) {
                    any = true;
                    *map = std::mem::take(map)
                        .into_iter()
                        .map(|(name, value)| (self.scrub_text(&name).unwrap_or(name), value))
                        .collect();
                }
                any
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// The text with what the patterns match replaced; `None` if nothing is.
    fn scrub_text(&self, text: &str) -> Option<String> {
        let mut scrubbed = None;
        for pattern in &self.patterns {
            let text = scrubbed.as_deref().unwrap_or(text);
            if let Cow::Owned(text) = pattern.replace_all(text, NoExpand(REDACTED)) {
                scrubbed = Some(text);
            }
        }
        scrubbed
    }
}

/// The metadata of ours that is no payload.
const KEPT: [&str; 18] = [
    meta::SOURCE,
    meta::PROVIDER,
    meta::MODEL,
    meta::REQUEST_MODEL,
    meta::INPUT_TOKENS,
    meta::OUTPUT_TOKENS,
    meta::TOTAL_TOKENS,
    meta::CACHED_TOKENS,
    meta::CACHE_WRITE_TOKENS,
    meta::CACHE_WRITE_1H_TOKENS,
    meta::REASONING_TOKENS,
    meta::AUDIO_INPUT_TOKENS,
    meta::AUDIO_OUTPUT_TOKENS,
    meta::SERVICE_TIER,
    meta::COST_USD,
    meta::TTFT_MS,
    meta::SAMPLE_WEIGHT,
    meta::SKELETON,
];

/// Nobody has seen what is in it: the record says that it was, and no more.
#[cold]
fn withhold(record: &mut Record) {
    warn::warn_once(
        "redact hook",
        "payloads are withheld: the hook given to redact() panicked",
    );
    let mark = Json::from_value(&WITHHELD);
    for payload in [&mut record.input, &mut record.output] {
        *payload = payload.take().map(|_| mark.clone());
    }
    if let Some(error) = &mut record.error {
        error.message = WITHHELD.to_owned();
        error.chain.clear();
    }
    record.events = None;
    record.scores = None;
    record.logprobs = None;
    record.exchange = None;
    record.tags = None;
    record.session_id = None;
    record.user_id = None;
    record
        .metadata
        .retain(|key, _| KEPT.contains(&key.as_str()));
    let withheld = [("withheld", true), (meta::CAPTURE_COMPLETE, false)];
    let withheld = withheld.map(|(key, value)| (key.to_owned(), value.into()));
    record.metadata.extend(withheld);
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction")
            .field("names", &self.names)
            .field("patterns", &self.patterns)
            .field("hook", &self.hook.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests;
