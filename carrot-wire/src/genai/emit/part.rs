//! Pieces of a message's content, of any dialect, as OpenTelemetry's parts.

use serde_json::{Map, Value, json};

use crate::genai::attributes::parsed;

/// The parts of a content: a text, one part, or a list of them.
pub(super) fn list(content: Option<Value>) -> Vec<Value> {
    match content {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(parts)) => parts.into_iter().map(of).collect(),
        Some(one) => vec![of(one)],
    }
}

/// Instructions that stand apart from the messages; Gemini's are a message.
pub(super) fn system(said: Value) -> Vec<Value> {
    match said {
        Value::Object(mut message) if message.contains_key("parts") => {
            list(message.remove("parts"))
        }
        said => list(Some(said)),
    }
}

/// One part. What is not known, or has nothing of what its type tells of, keeps its form.
pub(super) fn of(part: Value) -> Value {
    let Value::Object(mut fields) = part else {
        return match part {
            Value::String(text) => self::text(text),
            other => self::text(super::said::text_of(other)),
        };
    };
    match fields.get("type").and_then(Value::as_str) {
        Some(kind) => {
            let kind = kind.to_owned();
            typed(&kind, &mut fields)
        }
        None => untyped(&mut fields),
    }
    .unwrap_or(Value::Object(fields))
}

fn text(content: String) -> Value {
    json!({"type": "text", "content": content})
}

pub(super) fn reasoning(content: String) -> Value {
    json!({"type": "reasoning", "content": content})
}

/// A call of chat completions, or one that says name and arguments itself.
pub(super) fn tool_call(mut call: Value) -> Value {
    let id = call.get_mut("id").map(Value::take).unwrap_or_default();
    let custom = call.get_mut("custom").map(Value::take);
    let mut function = match call.get_mut("function").map(Value::take).or(custom) {
        Some(function @ Value::Object(_)) => function,
        _ => call,
    };
    let mut take = |name: &str| function.get_mut(name).map(Value::take);
    let name = take("name").unwrap_or_default();
    let arguments = take("arguments").or_else(|| take("input"));
    called(id, name, arguments.unwrap_or_default())
}

fn called(id: Value, name: Value, arguments: Value) -> Value {
    json!({"type": "tool_call", "id": id, "name": name, "arguments": parsed(arguments)})
}

pub(super) fn tool_result(id: Value, response: Value) -> Value {
    json!({"type": "tool_call_response", "id": id, "response": parsed(response)})
}

/// An image in base64, as Ollama takes them: what it shows is told by its first bytes alone.
pub(super) fn image(base64: Value) -> Value {
    let mime = match base64.as_str() {
        Some(text) if text.starts_with("/9j/") => "image/jpeg",
        Some(text) if text.starts_with("R0lG") => "image/gif",
        Some(text) if text.starts_with("UklG") => "image/webp",
        _ => "image/png",
    };
    blob(mime.into(), base64)
}

fn typed(kind: &str, fields: &mut Map<String, Value>) -> Option<Value> {
    let mut take = |name: &str| fields.remove(name);
    Some(match kind {
        "text" | "input_text" | "output_text" => {
            let content = take("text").or_else(|| take("content"))?;
            match content {
                Value::String(content) => text(content),
                other => text(super::said::text_of(other)),
            }
        }
        "thinking" => match take("thinking").or_else(|| take("content"))? {
            Value::String(content) => reasoning(content),
            // Mistral's is made of texts.
            Value::Array(texts) => {
                reasoning(texts.iter().filter_map(|it| it["text"].as_str()).collect())
            }
            other => reasoning(super::said::text_of(other)),
        },
        "tool_use" | "server_tool_use" => called(
            take("id").unwrap_or_default(),
            take("name").unwrap_or_default(),
            take("input").unwrap_or_default(),
        ),
        "tool_result" => tool_result(
            take("tool_use_id").unwrap_or_default(),
            take("content").unwrap_or_default(),
        ),
        "image_url" | "input_image" => match fields.get_mut("image_url") {
            Some(Value::Object(image)) => media("image", image.remove("url")?),
            Some(url @ Value::String(_)) => media("image", url.take()),
            _ => json!({"type": "file", "modality": "image", "file_id": fields.remove("file_id")?}),
        },
        "input_audio" => {
            let audio = fields.get_mut("input_audio")?;
            let format = audio["format"].as_str().unwrap_or("wav");
            let mime = format!("audio/{format}");
            blob(mime.into(), audio.get_mut("data")?.take())
        }
        "file" | "input_file" if fields.get("modality").is_none() => {
            let file = match fields.get_mut("file") {
                Some(Value::Object(file)) => file,
                _ => fields,
            };
            let mut take = |name: &str| file.remove(name).filter(|said| !said.is_null());
            match take("file_id") {
                Some(id) => json!({"type": "file", "modality": "document", "file_id": id}),
                None => {
                    let url = take("file_data").or_else(|| take("file_url"));
                    media("document", url.or_else(|| take("url"))?)
                }
            }
        }
        "image" | "document" | "audio" | "video" if fields.get("source").is_some() => {
            source(kind, fields.get_mut("source")?)?
        }
        // As we read them.
        kind => {
            let url = fields.get_mut(kind)?.get_mut("url")?.take();
            media(kind, url)
        }
    })
}

/// Anthropic's: bytes, an address, the id of a file, or a text.
fn source(kind: &str, source: &mut Value) -> Option<Value> {
    let of = source.get("type")?.as_str()?.to_owned();
    let mut take = |name: &str| source.get_mut(name).map(Value::take);
    match of.as_str() {
        "base64" => {
            let data = take("data")?;
            let mime = take("media_type").unwrap_or_default();
            Some(json!({"type": "blob", "modality": kind, "mime_type": mime, "content": data}))
        }
        "url" => Some(media(kind, take("url")?)),
        "file" => Some(json!({"type": "file", "modality": kind, "file_id": take("file_id")?})),
        "text" => Some(text(take("data")?.as_str()?.to_owned())),
        _ => None,
    }
}

/// Gemini's and Bedrock's, which are told by the name of their only field.
fn untyped(fields: &mut Map<String, Value>) -> Option<Value> {
    let is_thought = fields.get("thought") == Some(&Value::Bool(true));
    if let Some(Value::String(content)) = fields.get("text") {
        let content = content.clone();
        return Some(if is_thought {
            reasoning(content)
        } else {
            text(content)
        });
    }
    let mut take = |names: &[&str]| names.iter().find_map(|name| fields.remove(*name));
    if let Some(mut call) = take(&["functionCall", "function_call", "toolUse"]) {
        let mut take = |name: &str| call.get_mut(name).map(Value::take);
        let id = take("id").or_else(|| take("toolUseId"));
        let arguments = take("args").or_else(|| take("input"));
        let name = take("name").unwrap_or_default();
        return Some(called(
            id.unwrap_or_default(),
            name,
            arguments.unwrap_or_default(),
        ));
    }
    if let Some(mut result) = take(&["functionResponse", "function_response", "toolResult"]) {
        let mut take = |name: &str| result.get_mut(name).map(Value::take);
        // Gemini's have a name in the place of an id.
        let id = take("id")
            .or_else(|| take("toolUseId"))
            .or_else(|| take("name"));
        let response = take("response").or_else(|| take("content"));
        return Some(tool_result(
            id.unwrap_or_default(),
            response.unwrap_or_default(),
        ));
    }
    if let Some(mut data) = take(&["inlineData", "inline_data"]) {
        let mut take = |name: &str| data.get_mut(name).map(Value::take);
        let mime = take("mimeType").or_else(|| take("mime_type"));
        return Some(blob(mime.unwrap_or_default(), take("data")?));
    }
    if let Some(mut data) = take(&["fileData", "file_data"]) {
        let mut take = |name: &str| data.get_mut(name).map(Value::take);
        let uri = take("fileUri").or_else(|| take("file_uri"))?;
        let mime = take("mimeType").or_else(|| take("mime_type"));
        let mime = mime.unwrap_or_default();
        let modality = modality(mime.as_str().unwrap_or_default());
        return Some(json!({"type": "uri", "modality": modality, "mime_type": mime, "uri": uri}));
    }
    if let Some(thought) = take(&["reasoningContent"]) {
        let content = thought["reasoningText"]["text"].as_str();
        return Some(reasoning(content.unwrap_or_default().to_owned()));
    }
    let first = fields.keys().next().cloned();
    fields.insert("type".to_owned(), first.unwrap_or_default().into());
    None
}

/// By its bytes, where the address holds them, else by its address.
fn media(modality: &str, url: Value) -> Value {
    let inside = url
        .as_str()
        .and_then(|url| url.strip_prefix("data:")?.split_once(";base64,"));
    match inside {
        Some((mime, bytes)) => {
            json!({"type": "blob", "modality": modality, "mime_type": mime, "content": bytes})
        }
        None => json!({"type": "uri", "modality": modality, "uri": url}),
    }
}

fn blob(mime: Value, content: Value) -> Value {
    let modality = modality(mime.as_str().unwrap_or_default());
    json!({"type": "blob", "modality": modality, "mime_type": mime, "content": content})
}

fn modality(mime: &str) -> &'static str {
    match mime.split('/').next() {
        Some("image") => "image",
        Some("audio") => "audio",
        Some("video") => "video",
        _ => "document",
    }
}
