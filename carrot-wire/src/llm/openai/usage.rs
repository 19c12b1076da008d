use serde_json::Value;

use crate::llm::Usage;
use crate::llm::usage::{count, detail};

/// Reads a `usage` object of the OpenAI dialect, in the words of chat completions, of the
/// responses API, or of DeepSeek and LiteLLM. Anything else gives an empty `Usage`.
pub(in crate::llm) fn usage(usage: &Value) -> Usage {
    let input = count(usage, &["prompt_tokens", "input_tokens"]);
    let mut output = count(usage, &["completion_tokens", "output_tokens"]);
    let input_details = detail(usage, &["prompt_tokens_details", "input_tokens_details"]);
    let output_details = detail(
        usage,
        &["completion_tokens_details", "output_tokens_details"],
    );

    let cached = count(input_details, &["cached_tokens"]).or_else(|| {
        count(
            usage,
            &[
                "prompt_cache_hit_tokens",
                "cached_tokens",
                "cache_read_input_tokens",
            ],
        )
    });
    let cache_write = count(
        input_details,
        &["cache_write_tokens", "cache_creation_tokens"],
    )
    .or_else(|| count(usage, &["cache_creation_input_tokens"]));
    // LiteLLM's, of Anthropic's models.
    let kept = detail(input_details, &["cache_creation_token_details"]);
    let cache_write_1h = count(kept, &["ephemeral_1h_input_tokens"]);
    let reasoning = count(output_details, &["reasoning_tokens"]);
    let cached_audio = detail(input_details, &["cached_tokens_details"]);
    let cached_audio = count(cached_audio, &["audio_tokens"]).unwrap_or(0);
    let audio_input = count(input_details, &["audio_tokens"]);
    let audio_input = audio_input.map(|audio| audio.saturating_sub(cached_audio));
    let audio_output = count(output_details, &["audio_tokens"]);

    let said = count(usage, &["total_tokens"]);
    // xAI counts reasoning beside the output, which shows in its total.
    if let (Some(input), Some(answer), Some(extra), Some(total)) = (input, output, reasoning, said)
        && extra > 0
        && input.saturating_add(answer).saturating_add(extra) == total
    {
        output = Some(answer.saturating_add(extra));
    }
    Usage {
        input,
        output,
        total: said,
        cached,
        cache_write,
        cache_write_1h: cache_write_1h.filter(|tokens| *tokens > 0),
        reasoning,
        // Written as zero by servers that know no audio.
        audio_input: audio_input.filter(|audio| *audio > 0),
        audio_output: audio_output.filter(|audio| *audio > 0),
    }
    .totalled()
}
