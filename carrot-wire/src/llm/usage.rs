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
            (meta::REASONING_TOKENS, self.reasoning),
            (meta::AUDIO_INPUT_TOKENS, self.audio_input),
            (meta::AUDIO_OUTPUT_TOKENS, self.audio_output),
        ];
        counts
            .into_iter()
            .filter_map(|(key, count)| Some((key, count?)))
    }

    /// Reads a `usage` object of the OpenAI dialect, in the words of chat completions, of the
    /// responses API, or of DeepSeek and LiteLLM. Anything else gives an empty `Usage`.
    pub(super) fn openai(usage: &Value) -> Usage {
        let input = count(usage, &["prompt_tokens", "input_tokens"]);
        let mut output = count(usage, &["completion_tokens", "output_tokens"]);
        let input_details = detail(usage, &["prompt_tokens_details", "input_tokens_details"]);
        let output_details = detail(
            usage,
            &["completion_tokens_details", "output_tokens_details"],
        );

        let cached = count(input_details, &["cached_tokens"])
            .or_else(|| count(usage, &["prompt_cache_hit_tokens", "cached_tokens"]));
        let cache_write = count(
            input_details,
            &["cache_write_tokens", "cache_creation_tokens"],
        )
        .or_else(|| count(usage, &["cache_creation_input_tokens"]));
        let reasoning = count(output_details, &["reasoning_tokens"]);
        let cached_audio = detail(input_details, &["cached_tokens_details"]);
        let cached_audio = count(cached_audio, &["audio_tokens"]).unwrap_or(0);
        let audio_input = count(input_details, &["audio_tokens"]);
        let audio_input = audio_input.map(|audio| audio.saturating_sub(cached_audio));
        let audio_output = count(output_details, &["audio_tokens"]);

        let said = count(usage, &["total_tokens"]);
        // xAI counts reasoning beside the output, which shows in its total.
        if let (Some(input), Some(answer), Some(extra), Some(total)) =
            (input, output, reasoning, said)
            && extra > 0
            && input.saturating_add(answer).saturating_add(extra) == total
        {
            output = Some(answer.saturating_add(extra));
        }
        let total = said.or_else(|| match (input, output) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
        });
        Usage {
            input,
            output,
            total,
            cached,
            cache_write,
            reasoning,
            audio_input: audio_input.filter(|audio| *audio > 0),
            audio_output: audio_output.filter(|audio| *audio > 0),
        }
    }
}

fn count(object: &Value, keys: &[&str]) -> Option<u64> {
    keys.iter().find_map(|key| {
        let value = object.get(key)?;
        // Some servers write counts as floats.
        value.as_u64().or_else(|| {
            let float = value.as_f64()?;
            (float.fract() == 0.0 && (0.0..9e15).contains(&float)).then_some(float as u64)
        })
    })
}

fn detail<'a>(usage: &'a Value, keys: &[&str]) -> &'a Value {
    keys.iter()
        .find_map(|key| usage.get(key))
        .unwrap_or(&Value::Null)
}
