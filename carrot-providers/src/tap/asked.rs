use http::HeaderMap;

/// A request before it is sent. Nothing of it is copied unless somebody records.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// `POST`
    pub method: &'a str,
    /// The whole URL, with its query.
    pub url: &'a str,
    /// Its host name, without a port; the port is taken from the URL.
    pub host: &'a str,
    /// Its path, without a query.
    pub path: &'a str,
    /// The headers that go out.
    pub headers: &'a HeaderMap,
}

impl<'a> Asked<'a> {
    /// One that asks a model.
    #[cfg(test)]
    pub(crate) fn chat(headers: &'a HeaderMap) -> Asked<'a> {
        Asked {
            method: "POST",
            url: "http://host/v1/chat/completions",
            host: "host",
            path: "/v1/chat/completions",
            headers,
        }
    }

    /// The URL's host with its port, where it has one: some servers are known by their port.
    pub(super) fn authority(&self) -> &'a str {
        let after = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        let authority = after[..end].rsplit('@').next().unwrap_or_default();
        if authority.is_empty() {
            self.host
        } else {
            authority
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_that_of_the_url() {
        for (url, authority) in [
            ("http://localhost:11434/api/chat?a=b", "localhost:11434"),
            ("http://me:secret@[::1]:8000?a=@b", "[::1]:8000"),
            ("https://api.openai.com", "api.openai.com"),
            ("https:///v1", "host"),
            ("/v1/chat/completions", "host"),
        ] {
            let asked = Asked {
                method: "POST",
                url,
                host: "host",
                path: "/",
                headers: &HeaderMap::new(),
            };
            assert_eq!(asked.authority(), authority, "{url}");
        }
    }
}
