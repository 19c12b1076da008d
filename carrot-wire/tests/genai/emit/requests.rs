//! What is said to a model, in each dialect, as messages of parts.

use carrot_wire::genai::emit::AttributeValue;
use serde_json::{Value, json};

use super::{assert_is_read_back, by_name, json_of, record, tell};

/// The messages of a request, in their parts.
#[track_caller]
fn messages(input: Value) -> Value {
    let record = record(json!({"kind": "llm_call", "input": input}));
    assert_is_read_back(&record);
    json_of(&tell(&record), "gen_ai.input.messages")
}

/// The parts of the only message.
#[track_caller]
fn parts(content: Value) -> Value {
    let mut messages = messages(json!({"messages": [{"role": "user", "content": content}]}));
    messages[0]["parts"].take()
}

fn text(role: &str, content: &str) -> Value {
    json!({"role": role, "parts": [{"type": "text", "content": content}]})
}

#[test]
fn chat_completions() {
    let chat = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "name": "ann", "content": "Weather?"},
        {"role": "assistant", "content": null, "reasoning_content": "A tool.", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": r#"{"city":"Paris"}"#}},
            {"id": "c2", "type": "function", "function": {"name": "broken", "arguments": "{\"a\":"}},
        ]},
        {"role": "tool", "tool_call_id": "c1", "content": "20 C"},
    ]);
    assert_eq!(
        messages(json!({"model": "m", "messages": chat})),
        json!([
            text("system", "Be brief."),
            {"role": "user", "name": "ann", "parts": [{"type": "text", "content": "Weather?"}]},
            {"role": "assistant", "parts": [
                {"type": "reasoning", "content": "A tool."},
                {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Paris"}},
                {"type": "tool_call", "id": "c2", "name": "broken", "arguments": "{\"a\":"},
            ]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "20 C"}]},
        ])
    );
    let record = record(json!({"kind": "llm_call", "input": {"model": "m", "messages": chat}}));
    let back = assert_is_read_back(&record);
    assert_eq!(
        back.input.unwrap().to_value(),
        record.input.unwrap().to_value()
    );
}

#[test]
fn parts_of_chat_completions() {
    let content = json!([
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "input_audio", "input_audio": {"data": "BBBB", "format": "mp3"}},
        {"type": "file", "file": {"file_id": "f1"}},
        {"type": "refusal", "refusal": "no"},
    ]);
    assert_eq!(
        parts(content),
        json!([
            {"type": "text", "content": "Look:"},
            {"type": "uri", "modality": "image", "uri": "https://x.test/a.png"},
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
            {"type": "blob", "modality": "audio", "mime_type": "audio/mp3", "content": "BBBB"},
            {"type": "file", "modality": "document", "file_id": "f1"},
            {"type": "refusal", "refusal": "no"},
        ])
    );
}

#[test]
fn messages_of_anthropic() {
    let input = json!({
        "model": "claude", "max_tokens": 100, "stop_sequences": ["END"],
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"}},
                {"type": "document", "source": {"type": "url", "url": "https://x.test/a.pdf"}},
                {"type": "text", "text": "What?"},
            ]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "s"},
                {"type": "tool_use", "id": "t1", "name": "look", "input": {"x": 1}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "a cat"}]},
            ]},
        ],
    });
    assert_eq!(
        messages(input.clone()),
        json!([
            {"role": "user", "parts": [
                {"type": "blob", "modality": "image", "mime_type": "image/jpeg", "content": "AAAA"},
                {"type": "uri", "modality": "document", "uri": "https://x.test/a.pdf"},
                {"type": "text", "content": "What?"},
            ]},
            {"role": "assistant", "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "tool_call", "id": "t1", "name": "look", "arguments": {"x": 1}},
            ]},
            {"role": "tool", "parts": [
                {"type": "tool_call_response", "id": "t1", "response": [{"type": "text", "text": "a cat"}]},
            ]},
        ])
    );
    let told = tell(&record(json!({"kind": "llm_call", "input": input})));
    assert_eq!(
        json_of(&told, "gen_ai.system_instructions"),
        json!([{"type": "text", "content": "Be brief."}])
    );
    let told = by_name(&told);
    assert_eq!(
        told["gen_ai.request.max_tokens"],
        AttributeValue::Integer(100)
    );
    assert_eq!(
        told["gen_ai.request.stop_sequences"],
        AttributeValue::Texts(vec!["END".to_owned()])
    );
}

#[test]
fn items_of_responses() {
    let input = json!({"model": "m", "instructions": "Be brief.", "reasoning": {"effort": "low"}, "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}, {"type": "input_image", "image_url": "https://x.test/a"}]},
        {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "ok"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello", "annotations": []}]},
        {"type": "web_search_call", "id": "w"},
    ]});
    assert_eq!(
        messages(input.clone()),
        json!([
            {"role": "user", "parts": [
                {"type": "text", "content": "Hi"},
                {"type": "uri", "modality": "image", "uri": "https://x.test/a"},
            ]},
            {"role": "assistant", "parts": [{"type": "reasoning", "content": "Hm."}]},
            {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {}}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "ok"}]},
            text("assistant", "Hello"),
            {"role": "assistant", "parts": [{"type": "web_search_call", "id": "w"}]},
        ])
    );
    let told = tell(&record(json!({"kind": "llm_call", "input": input})));
    let system = json_of(&told, "gen_ai.system_instructions");
    assert_eq!(system, json!([{"type": "text", "content": "Be brief."}]));
    let level = &by_name(&told)["gen_ai.request.reasoning.level"];
    assert_eq!(level, &AttributeValue::Text("low".to_owned()));
    assert_eq!(
        messages(json!({"input": "Hi"})),
        json!([text("user", "Hi")])
    );
}

#[test]
fn contents_of_gemini() {
    let input = json!({
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "generationConfig": {"temperature": 0.1, "maxOutputTokens": 9, "candidateCount": 2},
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]},
            {"role": "model", "parts": [{"text": "Hm.", "thought": true}, {"functionCall": {"name": "f", "args": {"x": 1}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"y": 2}}}]},
        ],
    });
    assert_eq!(
        messages(input.clone()),
        json!([
            {"role": "user", "parts": [
                {"type": "text", "content": "Hi"},
                {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
                ]},
            {"role": "assistant", "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "tool_call", "id": null, "name": "f", "arguments": {"x": 1}},
            ]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "f", "response": {"y": 2}}]},
        ])
    );
    let told = by_name(&tell(&record(json!({"kind": "llm_call", "input": input}))));
    assert_eq!(
        told["gen_ai.request.temperature"],
        AttributeValue::Float(0.1)
    );
    assert_eq!(
        told["gen_ai.request.max_tokens"],
        AttributeValue::Integer(9)
    );
    assert_eq!(
        told["gen_ai.request.choice.count"],
        AttributeValue::Integer(2)
    );
}

#[test]
fn ollama_and_bedrock() {
    assert_eq!(
        messages(
            json!({"model": "llama", "options": {"num_predict": 5}, "messages": [
                {"role": "user", "content": "Hi", "images": ["/9j/AAAA"]},
                {"role": "assistant", "content": "", "thinking": "Hm.", "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}}]},
                {"role": "tool", "tool_name": "f", "content": "ok"},
            ]})
        ),
        json!([
            {"role": "user", "parts": [
                {"type": "text", "content": "Hi"},
                {"type": "blob", "modality": "image", "mime_type": "image/jpeg", "content": "/9j/AAAA"},
            ]},
            {"role": "assistant", "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "text", "content": ""},
                {"type": "tool_call", "id": null, "name": "f", "arguments": {"x": 1}},
            ]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "f", "response": "ok"}]},
        ])
    );
    assert_eq!(
        messages(json!({"system": [{"text": "Be brief."}], "messages": [
            {"role": "user", "content": [{"text": "Hi"}]},
            {"role": "assistant", "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}},
                {"toolUse": {"toolUseId": "t", "name": "f", "input": {"x": 1}}},
            ]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"json": {"y": 2}}]}}]},
        ]})),
        json!([
            text("user", "Hi"),
            {"role": "assistant", "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "tool_call", "id": "t", "name": "f", "arguments": {"x": 1}},
            ]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "t", "response": [{"json": {"y": 2}}]}]},
        ])
    );
    assert_eq!(
        messages(json!({"prompt": ["a", "b"]})),
        json!([text("user", "a"), text("user", "b")])
    );
}

/// By hand anything may be given as what went in.
#[test]
fn calls_by_hand() {
    assert_eq!(messages(json!("Hi")), json!([text("user", "Hi")]));
    let given = json!([{"role": "user", "content": "Hi"}]);
    assert_eq!(messages(given), json!([text("user", "Hi")]));
    let odd = record(json!({
        "kind": "llm_call", "name": "x", "input": {"question": "Hi"}, "output": {"message": {"content": "Hello"}},
    }));
    let told = by_name(&tell(&odd));
    let value = |text: &str| AttributeValue::Text(text.to_owned());
    assert_eq!(told["input.value"], value(r#"{"question":"Hi"}"#));
    assert_eq!(
        told["output.value"],
        value(r#"{"message":{"content":"Hello"}}"#)
    );
    assert!(!told.contains_key("gen_ai.output.messages"));
    assert_is_read_back(&odd);
}

#[test]
fn what_lies_elsewhere_is_told_by_its_address() {
    let file = json!({"fileData": {"mimeType": "video/mp4", "fileUri": "gs://a"}});
    let input = json!({"contents": [{"role": "user", "parts": [file]}]});
    let told = tell(&record(json!({"kind": "llm_call", "input": input})));
    assert_eq!(
        json_of(&told, "gen_ai.input.messages")[0]["parts"],
        json!([{"type": "uri", "modality": "video", "mime_type": "video/mp4", "uri": "gs://a"}])
    );
}

#[test]
fn parts_that_lack_what_they_are_for_keep_their_form() {
    let odd = json!([
        {"type": "file"},
        {"type": "file", "file": {"filename": "a.pdf"}},
        {"type": "input_file", "filename": "a.pdf"},
        {"type": "image_url", "image_url": {"detail": "low"}},
        {"type": "input_audio", "input_audio": {"format": "mp3"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png"}},
        {"type": "document", "source": {"type": "elsewhere", "place": "x"}},
    ]);
    assert_eq!(parts(odd.clone()), odd);
}

#[test]
fn odd_contents_are_kept() {
    assert_eq!(parts(json!(7)), json!([{"type": "text", "content": "7"}]));
    assert_eq!(
        parts(
            json!([{"cachePoint": {"type": "default"}}, {"type": "text"}, {"type": "image_url"}, {}, null])
        ),
        json!([
            {"type": "cachePoint", "cachePoint": {"type": "default"}},
            {"type": "text"},
            {"type": "image_url"},
            {"type": ""},
            {"type": "text", "content": "null"},
        ])
    );
}
