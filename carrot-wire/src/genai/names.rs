//! The names of attributes, in one place: the conventions still change.
//!
//! OpenTelemetry's GenAI conventions were read in `open-telemetry/semantic-conventions-genai` (all of
//! them "Development", no release yet) and, for names that were renamed since, in
//! `open-telemetry/semantic-conventions` up to 1.38. OpenInference's in `Arize-ai/openinference`,
//! `spec/semantic_conventions.md`; OpenLLMetry's in `traceloop/openllmetry`,
//! `opentelemetry-semantic-conventions-ai` 0.4. All of them in the middle of 2026.

#![allow(missing_docs, reason = "each constant is the name it holds")]

/// Beginnings of names that the conventions keep for themselves.
pub(super) const PREFIXES: &[&str] = &[
    "gen_ai.",
    "openinference.",
    "llm.",
    "traceloop.",
    "reranker.",
    "retrieval.documents.",
    "embedding.embeddings.",
    "carrot.",
    "langfuse.",
    "mlflow.",
];

/// Names that stand alone.
pub(super) const WHOLE: &[&str] = &[
    INPUT_VALUE,
    INPUT_MIME,
    OUTPUT_VALUE,
    OUTPUT_MIME,
    SESSION_ID,
    USER_ID,
    ENDUSER_ID,
    EMBEDDING_MODEL,
    EMBEDDING_PARAMETERS,
    TAGS,
    METADATA,
    ERROR_TYPE,
    TOOL_NAME_OI,
    TOOL_DESCRIPTION_OI,
    TOOL_PARAMETERS_OI,
    TOOL_ID_OI,
];

// OpenTelemetry: what is done.
pub const OPERATION_NAME: &str = "gen_ai.operation.name";
pub const PROVIDER_NAME: &str = "gen_ai.provider.name";
/// Renamed to [`PROVIDER_NAME`].
pub const SYSTEM: &str = "gen_ai.system";
pub const REQUEST_MODEL: &str = "gen_ai.request.model";
/// Everything below it is a parameter of the request.
pub const REQUEST: &str = "gen_ai.request.";
pub const RESPONSE_ID: &str = "gen_ai.response.id";
pub const RESPONSE_MODEL: &str = "gen_ai.response.model";
pub const RESPONSE_FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
/// In seconds.
pub const RESPONSE_TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
pub const ERROR_TYPE: &str = "error.type";
/// Of no convention: what rig writes for a tool that failed.
pub const TOOL_ERROR_TYPE: &str = "gen_ai.tool.error.type";

// OpenTelemetry: what is said.
pub const SYSTEM_INSTRUCTIONS: &str = "gen_ai.system_instructions";
pub const INPUT_MESSAGES: &str = "gen_ai.input.messages";
pub const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
pub const TOOL_DEFINITIONS: &str = "gen_ai.tool.definitions";
/// Deprecated: the whole prompt as one text.
pub const PROMPT: &str = "gen_ai.prompt";
/// Deprecated: the whole answer as one text.
pub const COMPLETION: &str = "gen_ai.completion";

// OpenTelemetry: what it took. Input includes cached tokens, output includes reasoning.
pub const USAGE_INPUT: &str = "gen_ai.usage.input_tokens";
pub const USAGE_OUTPUT: &str = "gen_ai.usage.output_tokens";
pub const USAGE_CACHE_READ: &str = "gen_ai.usage.cache_read.input_tokens";
pub const USAGE_CACHE_CREATION: &str = "gen_ai.usage.cache_creation.input_tokens";
/// What [`USAGE_CACHE_CREATION`] is called in the newest text.
pub const USAGE_CACHE_WRITE: &str = "gen_ai.usage.cache_write.input_tokens";
pub const USAGE_REASONING: &str = "gen_ai.usage.reasoning.output_tokens";
/// Deprecated names, which OpenLLMetry, rig and others still write.
pub const USAGE_PROMPT: &str = "gen_ai.usage.prompt_tokens";
pub const USAGE_COMPLETION: &str = "gen_ai.usage.completion_tokens";
pub const USAGE_TOTAL: &str = "gen_ai.usage.total_tokens";
pub const USAGE_CACHE_READ_FLAT: &str = "gen_ai.usage.cache_read_input_tokens";
pub const USAGE_CACHE_CREATION_FLAT: &str = "gen_ai.usage.cache_creation_input_tokens";
pub const USAGE_REASONING_FLAT: &str = "gen_ai.usage.reasoning_tokens";
/// In US dollars; of no convention, but widely written.
pub const USAGE_COST: &str = "gen_ai.usage.cost";

// OpenTelemetry: tools, agents, retrieval, conversations.
pub const TOOL_NAME: &str = "gen_ai.tool.name";
pub const TOOL_TYPE: &str = "gen_ai.tool.type";
pub const TOOL_DESCRIPTION: &str = "gen_ai.tool.description";
pub const TOOL_CALL_ID: &str = "gen_ai.tool.call.id";
pub const TOOL_CALL_ARGUMENTS: &str = "gen_ai.tool.call.arguments";
pub const TOOL_CALL_RESULT: &str = "gen_ai.tool.call.result";
pub const AGENT_NAME: &str = "gen_ai.agent.name";
pub const AGENT_ID: &str = "gen_ai.agent.id";
pub const AGENT_DESCRIPTION: &str = "gen_ai.agent.description";
pub const RETRIEVAL_QUERY: &str = "gen_ai.retrieval.query.text";
pub const RETRIEVAL_DOCUMENTS: &str = "gen_ai.retrieval.documents";
pub const CONVERSATION_ID: &str = "gen_ai.conversation.id";

// Common to several conventions.
pub const SESSION_ID: &str = "session.id";
pub const USER_ID: &str = "user.id";
/// Deprecated.
pub const ENDUSER_ID: &str = "enduser.id";

// OpenInference.
pub const SPAN_KIND: &str = "openinference.span.kind";
pub const INPUT_VALUE: &str = "input.value";
pub const INPUT_MIME: &str = "input.mime_type";
pub const OUTPUT_VALUE: &str = "output.value";
pub const OUTPUT_MIME: &str = "output.mime_type";
pub const TAGS: &str = "tag.tags";
/// A JSON object's text.
pub const METADATA: &str = "metadata";
pub const LLM_MODEL: &str = "llm.model_name";
pub const LLM_REQUEST_MODEL: &str = "llm.request.model_name";
pub const LLM_RESPONSE_MODEL: &str = "llm.response.model_name";
pub const LLM_PROVIDER: &str = "llm.provider";
pub const LLM_SYSTEM: &str = "llm.system";
pub const LLM_PARAMETERS: &str = "llm.invocation_parameters";
pub const LLM_INPUT_MESSAGES: &str = "llm.input_messages";
pub const LLM_OUTPUT_MESSAGES: &str = "llm.output_messages";
pub const LLM_TOOLS: &str = "llm.tools";
pub const LLM_FINISH_REASON: &str = "llm.finish_reason";
pub const LLM_COST: &str = "llm.cost.total";
pub const TOKENS_PROMPT: &str = "llm.token_count.prompt";
pub const TOKENS_COMPLETION: &str = "llm.token_count.completion";
pub const TOKENS_TOTAL: &str = "llm.token_count.total";
pub const TOKENS_CACHE_READ: &str = "llm.token_count.prompt_details.cache_read";
pub const TOKENS_CACHE_WRITE: &str = "llm.token_count.prompt_details.cache_write";
pub const TOKENS_REASONING: &str = "llm.token_count.completion_details.reasoning";
pub const EMBEDDINGS: &str = "embedding.embeddings";
pub const EMBEDDING_MODEL: &str = "embedding.model_name";
pub const EMBEDDING_PARAMETERS: &str = "embedding.invocation_parameters";
pub const DOCUMENTS: &str = "retrieval.documents";
pub const RERANKER_INPUT: &str = "reranker.input_documents";
pub const RERANKER_OUTPUT: &str = "reranker.output_documents";
pub const RERANKER_QUERY: &str = "reranker.query";
pub const RERANKER_MODEL: &str = "reranker.model_name";
pub const TOOL_NAME_OI: &str = "tool.name";
pub const TOOL_DESCRIPTION_OI: &str = "tool.description";
pub const TOOL_PARAMETERS_OI: &str = "tool.parameters";
pub const TOOL_ID_OI: &str = "tool.id";

// OpenLLMetry (Traceloop).
pub const TRACELOOP_KIND: &str = "traceloop.span.kind";
pub const TRACELOOP_NAME: &str = "traceloop.entity.name";
pub const TRACELOOP_INPUT: &str = "traceloop.entity.input";
pub const TRACELOOP_OUTPUT: &str = "traceloop.entity.output";
/// Everything below it is metadata of the user's.
pub const TRACELOOP_PROPERTIES: &str = "traceloop.association.properties.";
pub const LLM_REQUEST_TYPE: &str = "llm.request.type";
pub const LLM_FUNCTIONS: &str = "llm.request.functions";
pub const LLM_STREAMING: &str = "llm.is_streaming";
pub const LLM_USER: &str = "llm.user";
pub const LLM_TOTAL_TOKENS: &str = "llm.usage.total_tokens";
pub const LLM_TOP_K: &str = "llm.top_k";
pub const LLM_FREQUENCY_PENALTY: &str = "llm.frequency_penalty";
pub const LLM_PRESENCE_PENALTY: &str = "llm.presence_penalty";
pub const LLM_STOP: &str = "llm.chat.stop_sequences";
pub const LLM_RESPONSE_FINISH_REASON: &str = "llm.response.finish_reason";
pub const LLM_RESPONSE_STOP_REASON: &str = "llm.response.stop_reason";
/// The names before `gen_ai.prompt` and `gen_ai.completion`.
pub const LLM_PROMPTS: &str = "llm.prompts";
pub const LLM_COMPLETIONS: &str = "llm.completions";

// Ours, for what no convention has a word for.
/// A kind that OpenInference does not tell from others.
pub const CARROT_KIND: &str = "carrot.kind";
/// The record's name, where the conventions have another for the span.
pub const CARROT_NAME: &str = "carrot.name";
pub const CARROT_LEVEL: &str = "carrot.level";
/// `cancelled`.
pub const CARROT_STATUS: &str = "carrot.status";

// OpenTelemetry: an error as an event of its span.
pub const EXCEPTION: &str = "exception";
pub const EXCEPTION_TYPE: &str = "exception.type";
pub const EXCEPTION_MESSAGE: &str = "exception.message";
/// For us the messages of the error's sources, one a line.
pub const EXCEPTION_STACKTRACE: &str = "exception.stacktrace";

// OpenTelemetry: messages as events of their span, as they were until 1.36. Those of a role are `gen_ai.{role}.message`.
pub const EVENT_CHOICE: &str = "gen_ai.choice";
pub const EVENT_PROMPT: &str = "gen_ai.content.prompt";
pub const EVENT_COMPLETION: &str = "gen_ai.content.completion";
/// Has the attributes of the messages themselves.
pub const EVENT_DETAILS: &str = "gen_ai.client.inference.operation.details";
/// A message event's fields as JSON text, as Azure's SDKs write them.
pub const EVENT_CONTENT: &str = "gen_ai.event.content";

// Langfuse.
pub const LANGFUSE_TYPE: &str = "langfuse.observation.type";
pub const LANGFUSE_INPUT: &str = "langfuse.observation.input";
pub const LANGFUSE_OUTPUT: &str = "langfuse.observation.output";
pub const LANGFUSE_LEVEL: &str = "langfuse.observation.level";
pub const LANGFUSE_STATUS: &str = "langfuse.observation.status_message";
pub const LANGFUSE_USAGE: &str = "langfuse.observation.usage_details";
pub const LANGFUSE_COST: &str = "langfuse.observation.cost_details";
/// RFC 3339, as JSON.
pub const LANGFUSE_FIRST_TOKEN: &str = "langfuse.observation.completion_start_time";
pub const LANGFUSE_PROMPT_NAME: &str = "langfuse.observation.prompt.name";
/// An integer: of a text, the whole span vanishes.
pub const LANGFUSE_PROMPT_VERSION: &str = "langfuse.observation.prompt.version";
pub const LANGFUSE_TAGS: &str = "langfuse.trace.tags";
pub const LANGFUSE_METADATA: &str = "langfuse.trace.metadata";

pub const LANGFUSE_MODEL: &str = "langfuse.observation.model.name";
pub const LANGFUSE_PARAMETERS: &str = "langfuse.observation.model.parameters";
pub const LANGFUSE_OBSERVATION_METADATA: &str = "langfuse.observation.metadata";
pub const LANGFUSE_SESSION: &str = "langfuse.session.id";
pub const LANGFUSE_USER: &str = "langfuse.user.id";
pub const LANGFUSE_ENVIRONMENT: &str = "langfuse.environment";
pub const LANGFUSE_RELEASE: &str = "langfuse.release";

// MLflow, whose values are JSON text.
pub const MLFLOW_TYPE: &str = "mlflow.spanType";
pub const MLFLOW_INPUTS: &str = "mlflow.spanInputs";
pub const MLFLOW_OUTPUTS: &str = "mlflow.spanOutputs";
pub const MLFLOW_USAGE: &str = "mlflow.chat.tokenUsage";
pub const MLFLOW_MODEL: &str = "mlflow.llm.model";
pub const MLFLOW_SESSION: &str = "mlflow.trace.session";
pub const MLFLOW_USER: &str = "mlflow.trace.user";
/// Before the name of a tag of the trace, on its root.
pub const MLFLOW_TAG: &str = "mlflow.traceTag.";
