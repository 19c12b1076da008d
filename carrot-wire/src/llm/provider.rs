use super::{Endpoint, Exchange, headers};

/// Hosts of known providers, matched as a whole name or as the end of one after a dot. The names are
/// LiteLLM's, which the price table uses too.
const HOSTS: &[(&str, &str)] = &[
    ("openai.com", "openai"),
    ("openai.azure.com", "azure"),
    ("cognitiveservices.azure.com", "azure"),
    ("services.ai.azure.com", "azure_ai"),
    ("models.ai.azure.com", "azure_ai"),
    ("anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gemini"),
    ("aiplatform.googleapis.com", "vertex_ai"),
    ("openrouter.ai", "openrouter"),
    ("groq.com", "groq"),
    ("deepseek.com", "deepseek"),
    ("mistral.ai", "mistral"),
    ("x.ai", "xai"),
    ("ollama.com", "ollama"),
    ("together.xyz", "together_ai"),
    ("together.ai", "together_ai"),
    ("fireworks.ai", "fireworks_ai"),
    ("perplexity.ai", "perplexity"),
    ("cohere.com", "cohere"),
    ("cohere.ai", "cohere"),
    ("cerebras.ai", "cerebras"),
    ("sambanova.ai", "sambanova"),
    ("deepinfra.com", "deepinfra"),
    ("moonshot.ai", "moonshot"),
    ("api.nvidia.com", "nvidia_nim"),
    ("ai-gateway.vercel.sh", "vercel_ai_gateway"),
    ("router.huggingface.co", "huggingface"),
    ("models.github.ai", "github"),
    ("dashscope.aliyuncs.com", "dashscope"),
    ("dashscope-intl.aliyuncs.com", "dashscope"),
    ("api.z.ai", "zai"),
];

/// Servers that people run themselves, often on a machine of the same name: `http://vllm:8000`,
/// `litellm.example.com`, `ollama-gpu.internal`.
const SERVERS: [&str; 3] = ["litellm", "vllm", "ollama"];

/// The port that Ollama listens on.
const OLLAMA_PORT: &str = "11434";

/// The provider a request goes to, by its host (with its port, where it is known) and path. A server
/// that is not known by name is called after the dialect it speaks.
pub fn provider_of(host: &str, path: &str) -> &'static str {
    // Of `[::1]:8000` and `::1` only the first has a port.
    let (host, port) = match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port),
        _ => (host, ""),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    by_host(&host)
        .map(|provider| match provider {
            // Azure's AI services speak OpenAI's dialect too.
            "azure_ai" if path.contains("/openai/") => "azure",
            provider => provider,
        })
        .or_else(|| (port == OLLAMA_PORT).then_some("ollama"))
        .unwrap_or_else(|| by_path(path))
}

/// The provider of a call: by what its answer says, else by where the request went.
pub(super) fn provider_in(exchange: &Exchange<'_>) -> &'static str {
    if headers::is_litellm(exchange) {
        return "litellm";
    }
    provider_of(exchange.host, exchange.path)
}

fn by_host(host: &str) -> Option<&'static str> {
    let known = HOSTS.iter().find(|(name, _)| {
        let before = host.strip_suffix(name);
        // `us-central1-aiplatform.googleapis.com` is a name with a dash.
        before.is_some_and(|it| {
            it.is_empty()
                || it.ends_with('.')
                || (*name == "aiplatform.googleapis.com" && it.ends_with('-'))
        })
    });
    if let Some((_, provider)) = known {
        return Some(provider);
    }
    let mut labels = host.split('.');
    let is_aws = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
    if is_aws.iter().any(|end| host.ends_with(end)) {
        let is_bedrock = |label: &str| {
            label == "bedrock-runtime"
                || label == "bedrock-runtime-fips"
                || label == "bedrock-mantle"
        };
        return labels.any(is_bedrock).then_some("bedrock");
    }
    labels.find_map(|label| {
        let is_it = |name: &&&str| {
            let rest = label.strip_prefix(**name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        SERVERS.iter().find(is_it).copied()
    })
}

/// By the paths of clouds, else by the dialect that is spoken there.
fn by_path(path: &str) -> &'static str {
    if path.contains("/openai/deployments/") {
        return "azure";
    }
    if path.contains("/publishers/") {
        return "vertex_ai";
    }
    Endpoint::find("POST", path).map_or("openai", |it| it.dialect().provider())
}

#[cfg(test)]
mod tests;
