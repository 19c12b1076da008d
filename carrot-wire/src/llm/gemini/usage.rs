use serde_json::Value;

use crate::llm::Usage;
use crate::llm::usage::{count, sum};

/// Reads a `usageMetadata` object. Its candidates leave out thoughts, and its prompt leaves out what
/// built-in tools fed back.
pub(in crate::llm) fn usage(usage: &Value) -> Usage {
    let prompt = count(usage, &["promptTokenCount"]);
    let tools = count(usage, &["toolUsePromptTokenCount"]);
    let answer = count(usage, &["candidatesTokenCount", "responseTokenCount"]);
    let thoughts = count(usage, &["thoughtsTokenCount"]);
    let said = count(usage, &["totalTokenCount"]);
    let input = sum([prompt, tools]);
    // Some models of Vertex AI count thoughts among the candidates, which shows in the total.
    let holds_thoughts = said.is_some() && said == sum([input, answer]);
    let audio = |list: &str| modality(usage, list, "tokenCount");
    Usage {
        input,
        output: if holds_thoughts {
            answer
        } else {
            sum([answer, thoughts])
        },
        total: said,
        cached: count(usage, &["cachedContentTokenCount"]),
        reasoning: thoughts,
        audio_input: fresh(audio("promptTokensDetails"), audio("cacheTokensDetails")),
        audio_output: audio("candidatesTokensDetails"),
        ..Usage::default()
    }
    .totalled()
}

/// Reads the `usage` object of an interaction. Its output leaves out thoughts, and its input leaves
/// out what tools fed back.
pub(in crate::llm) fn interaction_usage(usage: &Value) -> Usage {
    let one = |name: &str| count(usage, &[name]);
    let thoughts = one("total_thought_tokens");
    let audio = |list: &str| modality(usage, list, "tokens");
    Usage {
        input: sum([one("total_input_tokens"), one("total_tool_use_tokens")]),
        output: sum([one("total_output_tokens"), thoughts]),
        total: one("total_tokens"),
        cached: one("total_cached_tokens"),
        reasoning: thoughts,
        audio_input: fresh(
            audio("input_tokens_by_modality"),
            audio("cached_tokens_by_modality"),
        ),
        audio_output: audio("output_tokens_by_modality"),
        ..Usage::default()
    }
    .totalled()
}

/// The audio tokens of a list that counts by modality.
fn modality(usage: &Value, list: &str, key: &str) -> Option<u64> {
    let entries = usage.get(list)?.as_array()?;
    let is_audio = |entry: &&Value| {
        let name = entry.get("modality").and_then(Value::as_str);
        name.is_some_and(|it| it.eq_ignore_ascii_case("audio"))
    };
    let mut counts = entries.iter().filter(is_audio);
    let first = count(counts.next()?, &[key])?;
    Some(
        counts
            .filter_map(|entry| count(entry, &[key]))
            .fold(first, u64::saturating_add),
    )
}

/// Audio tokens of the prompt without those of the cache.
fn fresh(all: Option<u64>, cached: Option<u64>) -> Option<u64> {
    Some(all?.saturating_sub(cached.unwrap_or(0)))
}
