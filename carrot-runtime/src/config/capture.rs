//! What is kept of captured values: the limits, and what is redacted.

use std::sync::Arc;

use regex::Regex;

use super::setting::{Setting, within};
use super::{Builder, InitError};
use crate::capture::{Limits, MAX_DEPTH};
use crate::env;
use crate::redaction::{Hook, RedactEvent, Redaction};

/// The largest limit for one value: more than this fits no request.
const MAX_VALUE_BYTES: usize = 16 * 1024 * 1024;
/// A pattern that compiles to more than this is refused.
const MAX_PATTERN_BYTES: usize = 1024 * 1024;

const BYTES: Setting<usize> = Setting::new("max_value_bytes", env::MAX_VALUE_BYTES, |bytes| {
    within(*bytes, MAX_VALUE_BYTES)
});
const DEPTH: Setting<usize> = Setting::new("max_depth", env::MAX_DEPTH, |levels| {
    within(*levels, MAX_DEPTH)
});

/// What the builder was told.
#[derive(Clone, Default)]
pub(super) struct Capture {
    max_value_bytes: Option<usize>,
    max_depth: Option<usize>,
    names: Vec<String>,
    patterns: Vec<String>,
    hook: Option<Arc<Hook>>,
}

impl std::fmt::Debug for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capture")
            .field("max_value_bytes", &self.max_value_bytes)
            .field("max_depth", &self.max_depth)
            .field("names", &self.names)
            .field("patterns", &self.patterns)
            .field("hook", &self.hook.is_some())
            .finish()
    }
}

impl Builder {
    /// How many bytes are kept of one captured value, as JSON: 1 to 16 MiB; by default `CARROT_MAX_VALUE_BYTES`, else 1 MiB.
    /// What is longer ends with `…`, and the span's metadata says `truncated`.
    pub fn max_value_bytes(mut self, bytes: usize) -> Builder {
        self.capture.max_value_bytes = Some(bytes);
        self
    }

    /// How deep arrays and objects in a captured value may be nested, 1 to 120; by default `CARROT_MAX_DEPTH`, else 64. In
    /// the place of deeper ones stands `…`, and the span's metadata says `truncated`.
    pub fn max_depth(mut self, levels: usize) -> Builder {
        self.capture.max_depth = Some(levels);
        self
    }

    /// Names whose values are replaced by `[redacted]` in every record, at any depth, beside the built-in ones (`api_key`,
    /// `password`, `token`, …) and those of `CARROT_REDACT_NAMES`. A key is meant when its letters and digits, in lower
    /// case, end with such a name: `ssn` means `user.SSN` too.
    ///
    /// ```
    /// # use carrot_runtime as carrot_ai;
    /// let builder = carrot_ai::builder().redact_names(["ssn", "credit_card"]);
    /// # drop(builder);
    /// ```
    pub fn redact_names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Builder {
        self.capture.names.extend(names.into_iter().map(Into::into));
        self
    }

    /// Replaces what this regular expression matches by `[redacted]`, in every text of every record: inputs, outputs, errors,
    /// metadata, events, logprobs, names, tags. The syntax is that of the `regex` crate. Can be called for several.
    ///
    /// ```
    /// # use carrot_runtime as carrot_ai;
    /// let builder = carrot_ai::builder()
    ///     .redact_pattern(r"sk-[A-Za-z0-9]+")
    ///     .redact_pattern(r"(?i)[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}");
    /// # drop(builder);
    /// ```
    pub fn redact_pattern(mut self, pattern: impl Into<String>) -> Builder {
        self.capture.patterns.push(pattern.into());
        self
    }

    /// A hook that sees each record before it is sent, or kept anywhere, and may change it. It runs on the exporter's
    /// thread, behind the names and patterns. If it panics the record's payload is withheld: a mark is sent
    /// in its place, and `capture_complete` is false in its metadata. A second hook replaces the first.
    ///
    /// ```
    /// # use carrot_runtime as carrot_ai;
    /// let builder = carrot_ai::builder().redact(|event| {
    ///     if event.name == "read_patient" {
    ///         event.output = "[private]".into();
    ///     }
    ///     event.metadata.remove("hostname");
    /// });
    /// # drop(builder);
    /// ```
    pub fn redact(mut self, hook: impl Fn(&mut RedactEvent) + Send + Sync + 'static) -> Builder {
        self.capture.hook = Some(Arc::new(hook));
        self
    }
}

impl Capture {
    pub(super) fn resolve(
        self,
        var: &dyn Fn(&'static str) -> Option<String>,
    ) -> Result<(Limits, Redaction), InitError> {
        let count = |text: &str| text.parse().ok();
        let limits = Limits {
            bytes: BYTES
                .find(self.max_value_bytes, var, count)?
                .unwrap_or(Limits::DEFAULT.bytes),
            depth: DEPTH
                .find(self.max_depth, var, count)?
                .unwrap_or(Limits::DEFAULT.depth),
        };
        let mut redaction = Redaction {
            hook: self.hook,
            ..Redaction::default()
        };
        let more = var(env::REDACT_NAMES).unwrap_or_default();
        let more = more
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let given = self.names.iter().map(String::as_str);
        let given = given.map(|name| ("redact_names", name));
        for (by, name) in given.chain(more.map(|name| (env::REDACT_NAMES, name))) {
            if !redaction.names.add(name) {
                let why = format!("holds {:?}: use ASCII letters and digits", shown(name));
                return Err(InitError::setting(by, why));
            }
        }
        for pattern in &self.patterns {
            redaction.patterns.push(compile(pattern)?);
        }
        Ok((limits, redaction))
    }
}

fn compile(pattern: &str) -> Result<Regex, InitError> {
    let bad = |why: &str| {
        let why = format!("{:?} {why}", shown(pattern));
        InitError::setting("redact_pattern", why)
    };
    let regex = regex::RegexBuilder::new(pattern)
        .size_limit(MAX_PATTERN_BYTES)
        .build()
        .map_err(|error| {
            // The last line says what is wrong; those above draw where.
            let error = error.to_string();
            let why = error.lines().last().unwrap_or_default();
            bad(&format!(
                "is no regular expression that can be used ({})",
                shown(why.trim_start_matches("error: "))
            ))
        })?;
    if regex.is_match("") {
        return Err(bad(
            "matches where nothing is: let it match at least a character",
        ));
    }
    Ok(regex)
}

/// No more of it than shows which it was.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
