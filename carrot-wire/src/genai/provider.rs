//! The names of providers: LiteLLM's, which records and the price table have, and OpenTelemetry's.

/// LiteLLM's name, OpenTelemetry's, and others that are written.
const NAMES: &[(&str, &str, &[&str])] = &[
    ("bedrock", "aws.bedrock", &["aws_bedrock"]),
    (
        "azure",
        "azure.ai.openai",
        &["az.ai.openai", "azure.openai"],
    ),
    ("azure_ai", "azure.ai.inference", &["az.ai.inference"]),
    ("gemini", "gcp.gemini", &["google"]),
    ("vertex_ai", "gcp.vertex_ai", &["gcp.gen_ai", "vertexai"]),
    ("mistral", "mistral_ai", &["mistralai"]),
    ("xai", "x_ai", &[]),
    ("moonshot", "moonshot_ai", &[]),
    // OpenTelemetry has none for it.
    ("together_ai", "together_ai", &["together", "togetherai"]),
];

/// The name that LiteLLM has for it.
pub(super) fn to_litellm(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let known = NAMES
        .iter()
        .find(|(_, otel, others)| *otel == name || others.contains(&name.as_str()));
    known.map_or(name, |(litellm, ..)| (*litellm).to_owned())
}

/// The name that OpenTelemetry has for it.
pub(super) fn to_otel(name: &str) -> &str {
    let known = NAMES.iter().find(|(litellm, ..)| *litellm == name);
    known.map_or(name, |(_, otel, _)| otel)
}
