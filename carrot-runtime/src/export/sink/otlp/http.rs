//! OTLP over HTTP, in protobuf.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use carrot_wire::genai::emit::Options;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Url};

use super::answer::{self, Asked};
use super::{span, with_refused};
use crate::config::{Compression, Config, InitError, OtlpDestination};
use crate::export::answer::Outcome;
use crate::export::sink::http::client;
use crate::export::sink::http::encoding::Learned;

#[derive(Clone)]
pub(in crate::export) struct Http {
    client: Client,
    url: Url,
    headers: HeaderMap,
    timeout: Duration,
    name: Arc<str>,
    encoding: Arc<Learned>,
    options: Options,
    resource: Arc<ResourceAttributesWithSchema>,
}

impl Http {
    pub(super) fn new(
        config: &Config,
        destination: &OtlpDestination,
        url: Url,
    ) -> Result<Http, InitError> {
        // Every receiver of OTLP knows gzip, and no other.
        let compression = match config.delivery.compression {
            Compression::Auto if client::is_loopback(&url) => Compression::Off,
            Compression::Off => Compression::Off,
            Compression::Auto | Compression::Gzip | Compression::Zstd => Compression::Gzip,
        };
        Ok(Http {
            client: client::make(config, &url)?,
            headers: destination.headers.clone(),
            timeout: config.delivery.request_timeout,
            name: destination.name.as_str().into(),
            encoding: Arc::new(Learned::new(compression, false)),
            options: destination.options,
            resource: Arc::new((&destination.resource).into()),
            url,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) async fn send(&self, records: &[Bytes]) -> Outcome {
        let (spans, refused) = span::of_batch(records, self.options);
        if spans.is_empty() {
            return Outcome::Delivered { refused };
        }
        with_refused(self.post(spans).await, refused)
    }

    async fn post(&self, spans: Vec<SpanData>) -> Outcome {
        let asked = Asked {
            spans: spans.len(),
            endpoint: &self.name,
            headers: &self.headers,
        };
        let request = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(spans, &self.resource),
        };
        let (body, encoding) = self.encoding.encode(request.encode_to_vec());
        let mut request = self
            .client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, answer::PROTOBUF)
            .timeout(self.timeout)
            .body(body);
        if let Some(encoding) = encoding {
            request = request.header(CONTENT_ENCODING, encoding.name());
        }
        match request.send().await {
            Ok(response) if encoding.is_some() && response.status() == 415 => {
                self.encoding.refused();
                Outcome::retry(format!("{} takes no compressed bodies", self.name))
            }
            Ok(response) => answer::read(response, &asked).await,
            Err(error) if error.is_timeout() => {
                Outcome::retry(format!("{} does not answer in time", self.name))
            }
            Err(error) if error.is_connect() => Outcome::Retry {
                why: format!("nobody answers at {}", self.name),
                after: None,
                nobody_listens: true,
            },
            Err(_) => Outcome::retry(format!("the connection to {} broke", self.name)),
        }
    }
}
