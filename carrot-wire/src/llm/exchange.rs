use bytes::Bytes;

/// Headers in which servers give a request its id, the most particular first.
const REQUEST_IDS: [&str; 5] = [
    "x-request-id",
    "request-id",
    "apim-request-id",
    "x-amzn-requestid",
    "x-litellm-call-id",
];

/// What was seen of one HTTP exchange with a model server.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The request's host, with its port where the URL has one: `localhost:11434` is Ollama.
    pub host: &'a str,
    /// The request's path, without a query.
    pub path: &'a str,
    /// The request body, or as much of it as was kept.
    pub request: &'a [u8],
    /// The HTTP status, or `None` when no answer came.
    pub status: Option<u16>,
    /// The answer's headers, names in any case. Those that are looked at: `content-type`, request
    /// ids, rate limits, `retry-after`, and LiteLLM's own.
    pub headers: &'a [(&'a str, &'a str)],
    /// The answer's body in the pieces it came in. Where they are split does not matter.
    pub body: &'a [Bytes],
    /// When each piece of the body came, in milliseconds since the request was sent; empty where
    /// that was not noted.
    pub times: &'a [u32],
    /// Whether the body came to its end, rather than being cut or dropped.
    pub ended: bool,
    /// Whether one of the bodies was longer than what was kept of it.
    pub truncated: bool,
}

impl<'a> Exchange<'a> {
    /// The first value of an answer's header.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let found = self
            .headers
            .iter()
            .find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    }

    /// The answer's `content-type`.
    pub fn content_type(&self) -> Option<&'a str> {
        self.header("content-type")
    }

    /// The id the server gave the request (`x-request-id` and the like).
    pub fn request_id(&self) -> Option<&'a str> {
        REQUEST_IDS.iter().find_map(|name| self.header(name))
    }
}
