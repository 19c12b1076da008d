use bytes::Bytes;

/// What was seen of one HTTP exchange with a model server.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The request's host name, without a port.
    pub host: &'a str,
    /// The request's path, without a query.
    pub path: &'a str,
    /// The request body, or as much of it as was kept.
    pub request: &'a [u8],
    /// The HTTP status, or `None` when no answer came.
    pub status: Option<u16>,
    /// The answer's `content-type`.
    pub content_type: Option<&'a str>,
    /// The id the server gave the request (`x-request-id` and the like).
    pub request_id: Option<&'a str>,
    /// The answer's body in the pieces it came in. Where they are split does not matter.
    pub body: &'a [Bytes],
    /// Whether the body came to its end, rather than being cut or dropped.
    pub ended: bool,
    /// Whether one of the bodies was longer than what was kept of it.
    pub truncated: bool,
}
