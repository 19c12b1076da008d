//! The names of the environment, all of them.

/// The key of the collector. Alone it means the Carrot cloud.
pub const API_KEY: &str = "CARROT_API_KEY";
/// Where traces go: `http://…`, `https://…`, or `file:///path/traces.jsonl`.
pub const BASE_URL: &str = "CARROT_BASE_URL";
/// The project they belong to.
pub const PROJECT_ID: &str = "CARROT_PROJECT_ID";
/// `false` (or `0`, `off`, `no`) turns tracing off.
pub const ENABLED: &str = "CARROT_ENABLED";
/// The share of traces that are kept, 0 to 1.
pub const SAMPLE_RATE: &str = "CARROT_SAMPLE_RATE";
/// Decides by the trace's name and this text which traces are kept, the same in every process.
pub const SAMPLE_SEED: &str = "CARROT_SAMPLE_SEED";
/// `true` (or `1`, `on`, `yes`) tells on standard error what is sent.
pub const DEBUG: &str = "CARROT_DEBUG";
/// Seconds between two sendings, such as `5` or `0.5`.
pub const FLUSH_INTERVAL: &str = "CARROT_FLUSH_INTERVAL";
/// How many records go into one request, 1 to 100.
pub const BATCH_SIZE: &str = "CARROT_BATCH_SIZE";
/// How many seconds `flush()`, the guard and the exit of the process wait at most.
pub const FLUSH_TIMEOUT: &str = "CARROT_FLUSH_TIMEOUT";
/// How records travel: `auto`, `ws`, `http`, `otlp` or `file`.
pub const TRANSPORT: &str = "CARROT_TRANSPORT";
/// The folder where records wait that cannot be delivered; `off` for none, `memory` for more memory in its place.
pub const SPOOL: &str = "CARROT_SPOOL";
/// How many bytes may wait there for one destination.
pub const SPOOL_MAX_BYTES: &str = "CARROT_SPOOL_MAX_BYTES";
/// How many seconds they wait there at most.
pub const SPOOL_MAX_AGE: &str = "CARROT_SPOOL_MAX_AGE";
/// How many records wait in memory at most for one destination.
pub const MAX_QUEUE_RECORDS: &str = "CARROT_MAX_QUEUE_RECORDS";
/// How many bytes of records wait in memory at most for one destination.
pub const MAX_QUEUE_BYTES: &str = "CARROT_MAX_QUEUE_BYTES";
/// More headers for every request to the collector: `name=value,name=value`.
pub const HEADERS: &str = "CARROT_HEADERS";
/// How many seconds one request may take.
pub const REQUEST_TIMEOUT: &str = "CARROT_REQUEST_TIMEOUT";
/// Whether request bodies are compressed: `auto`, `off`, `gzip` or `zstd`.
pub const COMPRESSION: &str = "CARROT_COMPRESSION";
/// The address that OTLP goes to, taken as it is.
pub const OTLP_TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
/// The same for all signals, without `/v1/traces`.
pub const OTLP_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Headers for it: `name=value,name=value`, with values percent-encoded.
pub const OTLP_HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
/// More of them, which come first.
pub const OTLP_TRACES_HEADERS: &str = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
/// Refused if it is `grpc`.
pub const OTLP_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
/// The same, which comes first.
pub const OTLP_TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
/// `false` keeps inputs, outputs and messages out of what goes by OTLP.
pub const OTEL_CONTENT: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
/// How many bytes are kept of one captured value.
pub const MAX_VALUE_BYTES: &str = "CARROT_MAX_VALUE_BYTES";
/// How deep arrays and objects in a captured value may be nested.
pub const MAX_DEPTH: &str = "CARROT_MAX_DEPTH";
/// More names whose values are redacted, with commas between them.
pub const REDACT_NAMES: &str = "CARROT_REDACT_NAMES";
/// How many model calls one run may make.
pub const MAX_STEPS: &str = "CARROT_MAX_STEPS";
/// How many tokens, in and out, the model calls of one run may use.
pub const MAX_TOKENS: &str = "CARROT_MAX_TOKENS";
/// How many US dollars the model calls of one run may cost, such as `0.5`.
pub const MAX_USD: &str = "CARROT_MAX_USD";
/// A file of prices that come before the built-in table, as JSON.
pub const PRICES: &str = "CARROT_PRICES";
