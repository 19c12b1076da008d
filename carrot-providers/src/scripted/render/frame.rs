//! How the chunks of a stream are told apart.

use bytes::Bytes;
use serde_json::Value;

/// An event of SSE without a name.
pub(super) fn data(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

/// An event of SSE with its name.
pub(super) fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// Events with OpenAI's mark after the last.
pub(super) fn data_and_done(chunks: Vec<Value>) -> Vec<String> {
    let done = std::iter::once("data: [DONE]\n\n".to_owned());
    chunks.iter().map(data).chain(done).collect()
}

/// A line of NDJSON.
pub(super) fn line(chunk: &Value) -> String {
    format!("{chunk}\n")
}

/// A JSON array that grows as Gemini lets it grow.
pub(super) fn array(chunks: &[Value]) -> Vec<String> {
    let mut pieces: Vec<String> = chunks
        .iter()
        .map(|chunk| format!(",\r\n{chunk}\n"))
        .collect();
    if let Some(first) = pieces.first_mut() {
        first.replace_range(..3, "[");
    }
    pieces.push("]".to_owned());
    pieces
}

/// The piece with its JSON broken off in the middle, and the frame's end as it was.
pub(super) fn garbled(piece: &Bytes) -> Bytes {
    let start = piece.iter().position(|&it| it == b'{').unwrap_or(0);
    let end = piece.trim_ascii_end().len();
    let middle = start + (end - start.min(end)) / 2;
    [&piece[..middle], &piece[end..]].concat().into()
}
