use http::Uri;
use reqwest::Url;

use super::RelayError;
use crate::tap::bounded;

/// The API that a relay leads to.
#[derive(Debug)]
pub(super) struct Upstream {
    /// Without a slash at its end.
    base: String,
    /// Scheme, host and port, to name it by.
    pub(super) origin: String,
}

impl Upstream {
    pub(super) fn parse(text: &str) -> Result<Upstream, RelayError> {
        let wrong = |reason| RelayError::Upstream {
            upstream: shown(text),
            reason,
        };
        let is_http = |url: &Url| matches!(url.scheme(), "http" | "https");
        let url = Url::parse(text)
            .ok()
            .filter(is_http)
            .ok_or_else(|| wrong("write a whole URL, as https://api.example.com"))?;
        if url.query().is_some() {
            return Err(wrong("leave the query out; the client sends its own"));
        }
        if url.fragment().is_some() {
            return Err(wrong("leave out what follows the #"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("leave the credentials out; the client sends its own"));
        }
        Ok(Upstream {
            base: url.as_str().trim_end_matches('/').to_owned(),
            origin: url.origin().ascii_serialization(),
        })
    }

    /// The URL of a request whose path and query, after the token, are `rest`.
    pub(super) fn target(&self, rest: &str) -> Option<Target> {
        let url = Url::parse(&format!("{}{rest}", self.base)).ok()?;
        // Not all that is a URL can be sent.
        url.as_str().parse::<Uri>().ok()?;
        // Dots in the path must not lead out of the base, nor to a neighbour whose name begins like it.
        let below = url.as_str().strip_prefix(&self.base)?;
        let is_below = below.is_empty() || below.starts_with(['/', '?']);
        is_below.then_some(Target(url))
    }
}

/// Where a request goes.
#[derive(Debug)]
pub(super) struct Target(pub(super) Url);

/// A URL as it may be shown: no credentials, no query, not too long.
fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    bounded(match scheme {
        "" => rest.to_owned(),
        _ => format!("{scheme}://{rest}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(base: &str, rest: &str) -> Option<String> {
        let upstream = Upstream::parse(base).unwrap();
        upstream.target(rest).map(|target| target.0.to_string())
    }

    #[test]
    fn paths_and_queries_are_appended() {
        let of = |base, rest| target(base, rest).unwrap();
        assert_eq!(
            of("https://a.example", "/v1/x?k=1"),
            "https://a.example/v1/x?k=1"
        );
        assert_eq!(
            of("https://a.example/api/", "/v1/x"),
            "https://a.example/api/v1/x"
        );
        assert_eq!(
            of(
                "http://a.example:81/v1beta",
                "/models/m:generateContent?alt=sse"
            ),
            "http://a.example:81/v1beta/models/m:generateContent?alt=sse"
        );
        assert_eq!(of("https://a.example", ""), "https://a.example/");
        assert_eq!(
            of("https://a.example/v1", "/a%20b"),
            "https://a.example/v1/a%20b"
        );
    }

    #[test]
    fn no_path_leads_out_of_the_base() {
        for rest in [
            "/../../etc",
            "/%2e%2e/admin",
            "@evil.example/",
            ".evil.example/",
            ":81/x",
        ] {
            let found = target("https://a.example/v1", rest);
            assert!(
                found
                    .as_deref()
                    .is_none_or(|it| it.starts_with("https://a.example/v1")),
                "{rest} {found:?}"
            );
        }
        assert_eq!(target("https://a.example/v1", "/../../etc"), None);
        for rest in [
            "/../v10/x",
            "/%2e%2e/v1-admin",
            "/../v1?/",
            "/..",
            "/../v1%2f",
        ] {
            let found = target("https://a.example/v1", rest);
            let inside = |url: &String| {
                let rest = url.strip_prefix("https://a.example/v1").unwrap();
                rest.is_empty() || rest.starts_with(['/', '?'])
            };
            assert!(found.as_ref().is_none_or(inside), "{rest} {found:?}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_said_with_the_fix_and_without_secrets() {
        for (text, fix) in [
            ("api.example.com", "https://api.example.com"),
            ("localhost:11434", "https://api.example.com"),
            ("", "write a whole URL"),
            ("ftp://a.example", "write a whole URL"),
            ("https://", "write a whole URL"),
            ("https://a.example/?key=s3cret", "query"),
            ("https://a.example/#s3cret", "#"),
            ("https://me:s3cret@a.example", "credentials"),
            ("me:s3cret@a.example", "write a whole URL"),
        ] {
            let error = Upstream::parse(text).unwrap_err().to_string();
            assert!(error.contains(fix), "{text}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
