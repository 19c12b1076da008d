//! Log probabilities, in one form whatever server they come from.

use serde_json::{Map, Value};

/// Marks a token that is written as its number (vLLM's `return_tokens_as_token_ids`).
const AS_ID: &str = "token_id:";

/// One token as `{token, logprob, bytes?, id?, top?}`, from OpenAI's, llama.cpp's, Ollama's or
/// Gemini's words. `top` are the likeliest tokens at its place, in the same form.
pub(super) fn token(mut entry: Value) -> Value {
    let Some(fields) = entry.as_object_mut() else {
        return entry;
    };
    let mut take = |names: &[&str]| {
        let found = names.iter().find_map(|name| fields.remove(*name));
        found.filter(|it| !it.is_null())
    };
    let mut one = Map::new();
    let text = take(&["token"]);
    let number = text.as_ref().and_then(Value::as_str).and_then(|text| {
        let id: u64 = text.strip_prefix(AS_ID)?.parse().ok()?;
        Some(id.into())
    });
    let id = take(&["id", "token_id", "tokenId"]).or(number);
    let top = match take(&["top_logprobs", "top"]) {
        Some(Value::Array(list)) => list.into_iter().map(token).collect(),
        Some(Value::Object(by_text)) => by_text.into_iter().map(named).collect(),
        _ => Vec::new(),
    };
    let bytes = take(&["bytes"]);
    one.insert("token".to_owned(), text.unwrap_or_default());
    let logprob = take(&["logprob", "logProbability"]);
    one.insert("logprob".to_owned(), logprob.unwrap_or_default());
    let more = [
        ("bytes", bytes),
        ("id", id),
        ("top", (!top.is_empty()).then_some(Value::Array(top))),
    ];
    for (key, value) in more {
        one.extend(value.map(|value| (key.to_owned(), value)));
    }
    Value::Object(one)
}

/// The form of the older text API: a map from text to log probability.
fn named((text, logprob): (String, Value)) -> Value {
    token(serde_json::json!({ "token": text, "logprob": logprob }))
}

/// Adds the ids that came in a list of their own; where there are no tokens the ids stand alone.
pub(super) fn with_ids(mut tokens: Vec<Value>, ids: Vec<Value>) -> Vec<Value> {
    if tokens.is_empty() {
        let alone = |id| serde_json::json!({ "id": id });
        return ids.into_iter().map(alone).collect();
    }
    if tokens.len() == ids.len() {
        for (token, id) in tokens.iter_mut().zip(ids) {
            if let Some(token) = token.as_object_mut() {
                token.insert("id".to_owned(), id);
            }
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_server_has_its_own_words_for_a_token() {
        let openai = json!({ "token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [
            { "token": "b", "logprob": -1.5, "bytes": null } ] });
        let one = json!({ "token": "a", "logprob": -0.5, "bytes": [97],
            "top": [{ "token": "b", "logprob": -1.5 }] });
        assert_eq!(token(openai), one);
        assert_eq!(token(one.clone()), one, "it is its own form");
        let llama_cpp =
            json!({ "id": 7, "token": "a", "bytes": [97], "logprob": -0.5, "top_logprobs": [] });
        assert_eq!(
            token(llama_cpp),
            json!({ "token": "a", "logprob": -0.5, "bytes": [97], "id": 7 })
        );
        let vllm = json!({ "token": "token_id:42", "logprob": -0.5 });
        assert_eq!(
            token(vllm),
            json!({ "token": "token_id:42", "logprob": -0.5, "id": 42 })
        );
        let gemini = json!({ "token": "a", "tokenId": 3, "logProbability": -0.5 });
        assert_eq!(
            token(gemini),
            json!({ "token": "a", "logprob": -0.5, "id": 3 })
        );
        let older = json!({ "token": "a", "logprob": null, "top_logprobs": { "b": -1.0 } });
        assert_eq!(
            token(older),
            json!({ "token": "a", "logprob": null, "top": [{ "token": "b", "logprob": -1.0 }] })
        );
    }

    #[test]
    fn ids_join_their_tokens_or_stand_alone() {
        let tokens = vec![json!({ "token": "a" }), json!({ "token": "b" })];
        let ids = vec![json!(1), json!(2)];
        assert_eq!(with_ids(tokens.clone(), ids.clone())[1]["id"], 2);
        assert_eq!(with_ids(Vec::new(), ids)[0], json!({ "id": 1 }));
        assert_eq!(with_ids(tokens.clone(), vec![json!(1)]), tokens);
    }
}
