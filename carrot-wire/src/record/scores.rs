//! Verdicts come one by one, before or after what they are about.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Json;

/// Both together. Of two with the same `id` the newer counts; one without an id is there once, however
/// often it is sent. What is no array is overwritten.
pub(super) fn merged(known: &Json, newer: Json) -> Json {
    let (Some(known), Some(added)) = (array(known), array(&newer)) else {
        return newer;
    };
    let names: HashSet<_> = added.iter().map(|score| name(score)).collect();
    let is_new = |score: &&RawValue| !names.contains(&name(score));
    let mut all: Vec<&RawValue> = known.into_iter().filter(is_new).collect();
    all.extend(added);
    Json::from_value(&all)
}

fn array(scores: &Json) -> Option<Vec<&RawValue>> {
    serde_json::from_str(scores.as_str()).ok()
}

/// What tells it from others: its id, or all of it.
fn name(score: &RawValue) -> Cow<'_, str> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        id: Cow<'a, str>,
    }
    let named = serde_json::from_str(score.get()).ok();
    named.map_or(Cow::Borrowed(score.get()), |Named { id }| id)
}
