/// Whether a piece of a stream holds the beginning of an answer, rather than its preamble.
///
/// A cheap look at the bytes, made only until it first says yes: text, reasoning or tool-call
/// fragments that are not empty. A stream that is split in the midst of such a key shows its first
/// token one piece later.
pub(super) fn holds_token(piece: &[u8]) -> bool {
    const KEYS: [&[u8]; 10] = [
        b"\"content\":",
        b"\"reasoning_content\":",
        b"\"reasoning\":",
        b"\"refusal\":",
        b"\"arguments\":",
        b"\"text\":",
        b"\"delta\":",
        // Anthropic's and Ollama's.
        b"\"thinking\":",
        b"\"partial_json\":",
        b"\"response\":",
    ];
    // A tool call's name comes before its arguments.
    const CALLS: [&[u8]; 5] = [
        b"\"tool_calls\":",
        b"\"tool_use\"",
        b"\"functionCall\":",
        b"\"function_call\"",
        b"\"toolUse\":",
    ];
    let mut rest = piece;
    while let Some(at) = rest.iter().position(|byte| *byte == b'"') {
        rest = &rest[at..];
        if CALLS.iter().any(|call| rest.starts_with(call)) {
            return true;
        }
        if KEYS
            .iter()
            .any(|key| rest.starts_with(key) && starts_text(&rest[key.len()..]))
        {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// Whether a JSON value begins here that is a string and not empty.
fn starts_text(value: &[u8]) -> bool {
    matches!(value.trim_ascii_start(), [b'"', next, ..] if *next != b'"')
}

#[cfg(test)]
mod tests {
    use super::holds_token;

    #[test]
    fn preambles_hold_no_token() {
        for piece in [
            r#"data: {"choices":[{"delta":{"role":"assistant","content":"","refusal":null}}]}"#,
            r#"data: {"type":"response.created","response":{"output":[],"text":{"format":{}}}}"#,
            r#"data: {"choices":[],"usage":{}}"#,
            ": keep-alive",
            "",
            r#"data: {"content":"#,
            r#"data: {"type":"message_start","message":{"content":[],"usage":{"input_tokens":1}}}"#,
            r#"data: {"type":"content_block_start","content_block":{"type":"text","text":""}}"#,
            r#"{"model":"m","message":{"role":"assistant","content":""},"done":false}"#,
        ] {
            assert!(!holds_token(piece.as_bytes()), "{piece}");
        }
    }

    #[test]
    fn fragments_of_an_answer_do() {
        for piece in [
            r#"data: {"choices":[{"delta":{"content":"H"}}]}"#,
            r#"data: {"choices": [{"delta": {"content": "H"}}]}"#,
            r#"data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}"#,
            r#"data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f"}}]}}]}"#,
            r#"data: {"type":"response.output_text.delta","delta":"H"}"#,
            r#"data: {"choices":[{"text":"H"}]}"#,
            r#"data: {"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
            r#"data: {"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#,
            r#"[{"candidates":[{"content":{"parts":[{"text":"H"}]}}]}"#,
            r#"data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]}}]}"#,
            r#"{"model":"m","response":"H","done":false}"#,
            r#"data: {"step":{"type":"function_call","name":"f"},"event_type":"step.start"}"#,
        ] {
            assert!(holds_token(piece.as_bytes()), "{piece}");
        }
    }
}
