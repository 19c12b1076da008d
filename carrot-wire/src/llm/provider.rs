use super::Endpoint;

/// Hosts of known providers, matched as a whole name or as the end of one after a dot. The names are
/// LiteLLM's, which the price table uses too.
const HOSTS: &[(&str, &str)] = &[
    ("openai.com", "openai"),
    ("openai.azure.com", "azure"),
    ("cognitiveservices.azure.com", "azure"),
    ("openrouter.ai", "openrouter"),
    ("groq.com", "groq"),
    ("deepseek.com", "deepseek"),
    ("mistral.ai", "mistral"),
    ("x.ai", "xai"),
    ("together.xyz", "together_ai"),
    ("fireworks.ai", "fireworks_ai"),
    ("perplexity.ai", "perplexity"),
];

/// The provider a request goes to, by its host and path. A server that is not known by name is called
/// after the dialect it speaks.
pub fn provider_of(host: &str, path: &str) -> &'static str {
    let host = host.trim_end_matches('.');
    for (name, provider) in HOSTS {
        let ends = host
            .len()
            .checked_sub(name.len())
            .filter(|at| host.is_char_boundary(*at) && host[*at..].eq_ignore_ascii_case(name));
        if ends.is_some_and(|at| at == 0 || host.as_bytes()[at - 1] == b'.') {
            return provider;
        }
    }
    if path.contains("/openai/deployments/") {
        return "azure";
    }
    Endpoint::find("POST", path).map_or("openai", |it| it.dialect().provider())
}
