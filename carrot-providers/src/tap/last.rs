/// Whether a piece of a stream holds the event with which streams of its kind end.
///
/// A cheap look at the end of the piece that came last, made once. It only says how a call ended whose
/// body was dropped; a last event that it does not see is still found when the answer is read.
pub(super) fn holds_end(piece: &[u8]) -> bool {
    /// How far from the end the words may lie: Ollama's counts follow them.
    const TAIL: usize = 512;
    // Anthropic's, Ollama's, and those of the responses and the interactions API. Some clients of
    // Anthropic leave when the reason is said, without the stop that follows it.
    const ENDS: [&[u8]; 9] = [
        b"\"stop_reason\":\"",
        b"\"stop_reason\": \"",
        b"event: message_stop",
        b"\"type\":\"message_stop\"",
        b"\"done\":true",
        b"\"done\": true",
        b"event: response.completed",
        b"event: response.incomplete",
        b"event: interaction.completed",
    ];
    let piece = piece.trim_ascii_end();
    if piece.ends_with(b"[DONE]") {
        return true;
    }
    let tail = &piece[piece.len().saturating_sub(TAIL)..];
    let has = |words: &[u8]| tail.windows(words.len()).any(|it| it == words);
    ENDS.iter().any(|words| has(words))
}

#[cfg(test)]
mod tests {
    use super::holds_end;

    #[test]
    fn last_events_are_seen() {
        for piece in [
            "data: [DONE]\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"       }\n\n",
            "{\"model\":\"m\",\"done\":true,\"total_duration\":1,\"eval_count\":2}\n",
            "event: interaction.completed\ndata: {}\n\n",
            "data: {\"type\": \"message_delta\", \"delta\": {\"stop_reason\": \"end_turn\"}}\n\n",
        ] {
            assert!(holds_end(piece.as_bytes()), "{piece}");
        }
    }

    #[test]
    fn other_events_are_not() {
        for piece in [
            "",
            "data: {\"choices\":[{\"delta\":{\"content\":\"message_stop\"}}]}\n\n",
            "{\"model\":\"m\",\"done\":false}\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":null}}\n\n",
            "data: {\"delta\":{\"text\":\"{\\\"stop_reason\\\":\\\"no\\\"}\"}}\n\n",
        ] {
            assert!(!holds_end(piece.as_bytes()), "{piece}");
        }
    }
}
