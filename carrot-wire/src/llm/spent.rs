use super::{Endpoint, Exchange, LlmCall, Usage};

/// What one call used up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spent {
    /// The model that answered, or that was asked for.
    pub model: Option<String>,
    /// Its tokens.
    pub usage: Usage,
    /// Its cost in USD, where the server says it.
    pub cost: Option<f64>,
}

/// What a call used up, as its answer says.
pub fn usage_of(endpoint: Endpoint, exchange: &Exchange<'_>) -> Spent {
    let call = LlmCall::read(endpoint, exchange);
    Spent {
        model: call.model.or(call.request_model),
        usage: call.usage,
        cost: call.cost,
    }
}
