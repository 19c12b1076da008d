use http::HeaderMap;

/// A request before it is sent. Nothing of it is copied unless somebody records.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// `POST`
    pub method: &'a str,
    /// The whole URL, with its query.
    pub url: &'a str,
    /// Its host name, without a port.
    pub host: &'a str,
    /// Its path, without a query.
    pub path: &'a str,
    /// The headers that go out.
    pub headers: &'a HeaderMap,
}
