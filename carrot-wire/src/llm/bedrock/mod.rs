//! The Bedrock dialect: Converse, and the models' own formats by InvokeModel; streams are binary frames.

mod frames;

mod block;
mod converse;
mod invoke;
mod usage;

use percent_encoding::percent_decode_str;

use super::body::Reader;
use super::{Endpoint, Exchange};

pub(super) use frames::each_frame;
pub(super) use usage::usage;

/// The reader of an endpoint's answers.
pub(super) fn reader(endpoint: Endpoint, exchange: &Exchange<'_>) -> Box<dyn Reader> {
    match endpoint {
        Endpoint::InvokeModel => Box::new(invoke::Invoke::new(exchange)),
        _ => Box::new(converse::Converse::default()),
    }
}

/// The model of a path `…/model/{id}/{operation}`: a name, the name of an inference profile, or an ARN.
pub(super) fn model_in_path(path: &str) -> Option<String> {
    let (_, rest) = path.split_once("/model/")?;
    let (model, _) = rest.rsplit_once('/')?;
    let model = percent_decode_str(model).decode_utf8_lossy();
    Some(model.into_owned()).filter(|model| !model.is_empty())
}

/// The name of an error, as its header gives it: `ThrottlingException:http://…`.
pub(super) fn error_name<'a>(exchange: &Exchange<'a>) -> Option<&'a str> {
    let name = exchange.header("x-amzn-errortype")?.split(':').next()?;
    Some(name.trim()).filter(|name| !name.is_empty())
}
