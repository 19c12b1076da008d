use super::*;

#[test]
fn providers_are_known_by_their_hosts() {
    for (host, provider) in [
        ("api.openai.com", "openai"),
        ("API.OpenAI.com.", "openai"),
        ("openai.com:443", "openai"),
        ("my-resource.openai.azure.com", "azure"),
        ("my-resource.services.ai.azure.com", "azure_ai"),
        ("api.anthropic.com", "anthropic"),
        ("generativelanguage.googleapis.com", "gemini"),
        ("us-central1-aiplatform.googleapis.com", "vertex_ai"),
        ("aiplatform.googleapis.com", "vertex_ai"),
        ("openrouter.ai", "openrouter"),
        ("api.groq.com", "groq"),
        ("api.deepseek.com", "deepseek"),
        ("api.mistral.ai", "mistral"),
        ("api.x.ai", "xai"),
        ("bedrock-runtime.us-east-1.amazonaws.com", "bedrock"),
        (
            "bedrock-runtime-fips.us-gov-west-1.amazonaws.com",
            "bedrock",
        ),
        ("bedrock-mantle.eu-west-1.api.aws", "bedrock"),
        (
            "vpce-1.bedrock-runtime.cn-north-1.vpce.amazonaws.com.cn",
            "bedrock",
        ),
        ("ollama", "ollama"),
        ("localhost:11434", "ollama"),
        ("[::1]:11434", "ollama"),
        ("vllm:8000", "vllm"),
        ("vllm-router.models.svc", "vllm"),
        ("litellm.example.com", "litellm"),
    ] {
        assert_eq!(
            provider_of(host, "/v1/chat/completions"),
            provider,
            "{host}"
        );
    }
}

#[test]
fn what_only_looks_like_a_host_is_none() {
    for host in [
        "notopenai.com",
        "openai.com.example.com",
        "anthropic.com.evil",
        "vllmish.example.com",
        "s3.us-east-1.amazonaws.com",
        "myaiplatform.googleapis.com",
        "::1",
        "::11434",
        "127.0.0.1:8000",
        "",
        ":",
        "ключ.рф",
    ] {
        assert_eq!(
            provider_of(host, "/v1/chat/completions"),
            "openai",
            "{host}"
        );
    }
}

#[test]
fn unknown_hosts_are_called_after_their_dialect() {
    for (path, provider) in [
        ("/v1/chat/completions", "openai"),
        ("/v1/responses", "openai"),
        ("/openai/deployments/gpt/chat/completions", "azure"),
        ("/v1/messages", "anthropic"),
        (
            "/v1beta/models/gemini-2.5-pro:streamGenerateContent",
            "gemini",
        ),
        ("/v1beta/interactions", "gemini"),
        (
            "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:generateContent",
            "vertex_ai",
        ),
        ("/api/chat", "ollama"),
        ("/api/generate", "ollama"),
        ("", "openai"),
    ] {
        assert_eq!(provider_of("127.0.0.1", path), provider, "{path}");
    }
    let azure = provider_of("r.services.ai.azure.com", "/openai/v1/responses");
    assert_eq!(azure, "azure");
}
