use aws_smithy_runtime_api::client::interceptors::context::Error;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;

/// What a failed attempt or call is called in its span.
pub(super) fn kind_of(error: &OrchestratorError<Error>) -> &'static str {
    if error.is_timeout_error() {
        return "timeout";
    }
    if error.is_response_error() {
        return "transport";
    }
    match error.as_connector_error() {
        Some(error) if error.is_timeout() => "timeout",
        Some(error) if error.is_user() => "client",
        Some(error) if error.is_io() => "connect",
        Some(_) => "transport",
        None => "client",
    }
}
