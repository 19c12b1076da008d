//! A backend that speaks OpenTelemetry: over HTTP by ourselves, or by an exporter that the user brings.
//!
//! ```text
//! record's JSON ─► Record ─► genai::emit ─► SpanData ─► protobuf ─► POST
//!                                                └─► SpanExporter, on a thread of its own
//! ```

mod span;
mod http;
mod answer;
mod exporter;

use bytes::Bytes;

use crate::config::{Config, InitError, OtlpDestination, OtlpTo};
use crate::export::answer::{Outcome, Refused};
use exporter::Exporter;
use http::Http;

pub(crate) use exporter::UserExporter;

#[derive(Clone)]
pub(in crate::export) enum Otlp {
    Http(Http),
    Exporter(Exporter),
}

impl Otlp {
    pub(in crate::export) fn new(
        config: &Config,
        destination: &OtlpDestination,
    ) -> Result<Otlp, InitError> {
        Ok(match &destination.to {
            OtlpTo::Url(url) => Otlp::Http(Http::new(config, destination, url.clone())?),
            OtlpTo::Exporter(exporter) => {
                Otlp::Exporter(Exporter::new(exporter.clone(), destination))
            }
        })
    }

    pub(in crate::export) fn name(&self) -> &str {
        match self {
            Otlp::Http(http) => http.name(),
            Otlp::Exporter(exporter) => exporter.name(),
        }
    }

    pub(in crate::export) async fn send(&self, records: &[Bytes]) -> Outcome {
        match self {
            Otlp::Http(http) => http.send(records).await,
            Otlp::Exporter(exporter) => exporter.send(records).await,
        }
    }

    pub(in crate::export) async fn close(&self) {
        if let Otlp::Exporter(exporter) = self {
            exporter.close().await;
        }
    }
}

#[cfg(test)]
mod tests;

/// An outcome, with what could not be made a span.
fn with_refused(outcome: Outcome, mut others: Vec<Refused>) -> Outcome {
    match outcome {
        Outcome::Delivered { refused } => {
            others.extend(refused);
            Outcome::Delivered { refused: others }
        }
        other => other,
    }
}
