//! What of a request is not written down.

use crate::redact::{REDACTED, is_secret};

/// With these words end names of keys that only gateways know: `Ocp-Apim-Subscription-Key`, `Helicone-Auth`. What is left
/// out without need does no harm: a call is answered without looking at its headers.
const ENDINGS: [&str; 4] = ["key", "auth", "signature", "credential"];

/// Whether a header holds a secret: `authorization`, `x-api-key`, `cookie`, …
pub fn is_secret_header(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    is_secret(name) || ENDINGS.iter().any(|word| lower.ends_with(word))
}

/// A URL without user, password, fragment and the values of query parameters that are secret: Gemini's `key`, signatures.
pub fn without_secrets(url: &str) -> String {
    let url = url.split('#').next().unwrap_or(url);
    let (rest, query) = match url.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (url, None),
    };
    let mut bare = without_user(rest);
    for (index, parameter) in query.into_iter().flat_map(|it| it.split('&')).enumerate() {
        bare.push(if index == 0 { '?' } else { '&' });
        match parameter.split_once('=') {
            Some((name, _)) if is_secret_parameter(name) => {
                bare.push_str(name);
                bare.push('=');
                bare.push_str(REDACTED);
            }
            _ => bare.push_str(parameter),
        }
    }
    bare
}

fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let host_ends = rest.find('/').unwrap_or(rest.len());
    let host = rest[..host_ends].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", &rest[host..])
}

pub(super) fn is_secret_parameter(name: &str) -> bool {
    // Signatures and keys of Azure.
    ["sig", "code"]
        .iter()
        .any(|it| name.eq_ignore_ascii_case(it))
        || is_secret_header(name)
}
