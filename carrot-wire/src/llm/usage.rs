use serde_json::Value;

use crate::Record;
use crate::record::meta;

/// Token counts of one call, normalised: `input` includes `cached` and `cache_write`, and `output`
/// includes `reasoning`. What the server did not say is `None`, never zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, cached ones included.
    pub input: Option<u64>,
    /// Tokens of the answer, reasoning included.
    pub output: Option<u64>,
    /// Input and output together.
    pub total: Option<u64>,
    /// Prompt tokens read from the provider's cache.
    pub cached: Option<u64>,
    /// Prompt tokens written to the provider's cache.
    pub cache_write: Option<u64>,
    /// Those of `cache_write` that the cache keeps for an hour, which costs more.
    pub cache_write_1h: Option<u64>,
    /// Output tokens spent on reasoning.
    pub reasoning: Option<u64>,
    /// Prompt tokens that are audio and were not read from the cache; part of `input`.
    pub audio_input: Option<u64>,
    /// Output tokens that are audio; part of `output`.
    pub audio_output: Option<u64>,
}

impl Usage {
    /// What a record's metadata says.
    pub fn of(record: &Record) -> Usage {
        let count = |key| record.meta_u64(key);
        Usage {
            input: count(meta::INPUT_TOKENS),
            output: count(meta::OUTPUT_TOKENS),
            total: count(meta::TOTAL_TOKENS),
            cached: count(meta::CACHED_TOKENS),
            cache_write: count(meta::CACHE_WRITE_TOKENS),
            cache_write_1h: count(meta::CACHE_WRITE_1H_TOKENS),
            reasoning: count(meta::REASONING_TOKENS),
            audio_input: count(meta::AUDIO_INPUT_TOKENS),
            audio_output: count(meta::AUDIO_OUTPUT_TOKENS),
        }
    }

    /// So many tokens of the prompt, cached ones included, and of the answer, reasoning included.
    pub fn new(input: u64, output: u64) -> Usage {
        Usage {
            input: Some(input),
            output: Some(output),
            total: Some(input.saturating_add(output)),
            ..Usage::default()
        }
    }

    /// How many prompt tokens were read from the provider's cache.
    pub fn cached(mut self, tokens: u64) -> Usage {
        self.cached = Some(tokens);
        self
    }

    /// How many prompt tokens were written to the provider's cache.
    pub fn cache_write(mut self, tokens: u64) -> Usage {
        self.cache_write = Some(tokens);
        self
    }

    /// How many of the tokens written to the cache are kept for an hour.
    pub fn cache_write_1h(mut self, tokens: u64) -> Usage {
        self.cache_write_1h = Some(tokens);
        self
    }

    /// How many output tokens were spent on reasoning.
    pub fn reasoning(mut self, tokens: u64) -> Usage {
        self.reasoning = Some(tokens);
        self
    }

    /// How many prompt tokens are audio, those of the cache left out.
    pub fn audio_input(mut self, tokens: u64) -> Usage {
        self.audio_input = Some(tokens);
        self
    }

    /// How many output tokens are audio.
    pub fn audio_output(mut self, tokens: u64) -> Usage {
        self.audio_output = Some(tokens);
        self
    }

    /// The counts that are known, by their keys in a record's metadata.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = [
            (meta::INPUT_TOKENS, self.input),
            (meta::OUTPUT_TOKENS, self.output),
            (meta::TOTAL_TOKENS, self.total),
            (meta::CACHED_TOKENS, self.cached),
            (meta::CACHE_WRITE_TOKENS, self.cache_write),
            (meta::CACHE_WRITE_1H_TOKENS, self.cache_write_1h),
            (meta::REASONING_TOKENS, self.reasoning),
            (meta::AUDIO_INPUT_TOKENS, self.audio_input),
            (meta::AUDIO_OUTPUT_TOKENS, self.audio_output),
        ];
        counts
            .into_iter()
            .filter_map(|(key, count)| Some((key, count?)))
    }

    /// With the total of input and output where it is not said.
    pub(super) fn totalled(mut self) -> Usage {
        self.total = self.total.or_else(|| sum([self.input, self.output]));
        self
    }

    /// What a later report of the same answer adds to this one: counts only ever grow, and a report
    /// may leave out what an earlier one said.
    pub(super) fn grown(self, later: Usage) -> Usage {
        let (input, output) = (self.input.max(later.input), self.output.max(later.output));
        Usage {
            input,
            output,
            total: self.total.max(later.total).max(sum([input, output])),
            cached: self.cached.max(later.cached),
            cache_write: self.cache_write.max(later.cache_write),
            cache_write_1h: self.cache_write_1h.max(later.cache_write_1h),
            reasoning: self.reasoning.max(later.reasoning),
            audio_input: self.audio_input.max(later.audio_input),
            audio_output: self.audio_output.max(later.audio_output),
        }
    }
}

/// The count under the first of these names that has one.
pub(super) fn count(object: &Value, keys: &[&str]) -> Option<u64> {
    keys.iter().find_map(|key| {
        let value = object.get(key)?;
        // Some servers write counts as floats.
        value.as_u64().or_else(|| {
            let float = value.as_f64()?;
            (float.fract() == 0.0 && (0.0..9e15).contains(&float)).then_some(float as u64)
        })
    })
}

/// The object under the first of these names that is there.
pub(super) fn detail<'a>(usage: &'a Value, keys: &[&str]) -> &'a Value {
    keys.iter()
        .find_map(|key| usage.get(key).filter(|it| it.is_object()))
        .unwrap_or(&Value::Null)
}

/// The sum of the counts that are known; `None` if none is.
pub(super) fn sum<const N: usize>(counts: [Option<u64>; N]) -> Option<u64> {
    counts.into_iter().flatten().reduce(u64::saturating_add)
}

/// What a `usage` object says that the call cost, in USD: LiteLLM's and OpenRouter's `cost`, which
/// Perplexity splits up.
pub(super) fn cost(usage: &Value) -> Option<f64> {
    let cost = usage.get("cost")?;
    let cost = cost.get("total_cost").unwrap_or(cost).as_f64()?;
    (cost.is_finite() && cost >= 0.0).then_some(cost)
}
