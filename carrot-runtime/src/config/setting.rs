//! One setting: of the builder, else of the environment, and what it may be.

use std::time::Duration;

use super::InitError;
use crate::warn;

/// Longer waits are mistakes, and larger than a clock can add.
const MAX_SECONDS: f64 = 86_400.0;

/// A setting's two names, and what is wrong with a value of it. A mistake is told by the name that was used.
pub(super) struct Setting<T> {
    method: &'static str,
    variable: &'static str,
    check: fn(&T) -> Result<(), String>,
}

impl<T> Setting<T> {
    pub(super) const fn new(
        method: &'static str,
        variable: &'static str,
        check: fn(&T) -> Result<(), String>,
    ) -> Setting<T> {
        Setting {
            method,
            variable,
            check,
        }
    }

    /// What the builder was given, else what the environment says.
    pub(super) fn find(
        &self,
        given: Option<T>,
        var: &dyn Fn(&'static str) -> Option<String>,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, InitError> {
        let (name, value) = match (given, var(self.variable)) {
            (Some(given), _) => (self.method, given),
            (None, Some(text)) => {
                let bad = || {
                    let shown: String = text.chars().take(40).collect();
                    InitError::setting(self.variable, format!("cannot be read: {shown:?}"))
                };
                (self.variable, read(&text).ok_or_else(bad)?)
            }
            (None, None) => return Ok(None),
        };
        match (self.check)(&value) {
            Ok(()) => Ok(Some(value)),
            Err(why) => Err(InitError::setting(name, why)),
        }
    }
}

impl<T> Setting<T> {
    /// The same, where tracing can go on without it: a mistake in the environment is a warning.
    pub(super) fn find_leniently(
        &self,
        given: Option<T>,
        var: &dyn Fn(&'static str) -> Option<String>,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, InitError> {
        let is_given = given.is_some();
        match self.find(given, var, read) {
            Err(error) if !is_given => {
                warn::warn_once(self.variable, &format!("{error}; it is left out"));
                Ok(None)
            }
            found => found,
        }
    }
}

/// A mistake in the environment that tracing goes on without.
pub(super) fn warn(variable: &'static str, why: &str) {
    warn::warn_once(variable, &format!("{variable} {why}; it is left out"));
}

/// Every value is fine.
pub(super) fn any<T>(_: &T) -> Result<(), String> {
    Ok(())
}

pub(super) fn within(value: usize, most: usize) -> Result<(), String> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    Err(format!("is {value}: use 1 to {most}"))
}

pub(super) fn read_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Some(true),
        "false" | "0" | "off" | "no" => Some(false),
        _ => None,
    }
}

pub(super) fn read_seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse::<f64>().ok()?;
    (0.0..=MAX_SECONDS)
        .contains(&seconds)
        .then(|| Duration::from_secs_f64(seconds))
}
