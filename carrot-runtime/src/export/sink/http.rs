//! A collector over HTTP: `POST /v1/traces/ingest`.

pub(super) mod client;
pub(super) mod encoding;

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Url};

use super::live::Live;
use crate::config::{ApiKey, Config, InitError};
use crate::export::answer::{self, Outcome, Secrets};
use encoding::{Encoding, Learned};

pub(crate) use client::HttpClient;

/// A client with what goes along with every request.
#[derive(Clone)]
pub(in crate::export) struct Http {
    client: Client,
    url: Url,
    /// Credentials, the project and what the user adds.
    headers: HeaderMap,
    key: Option<ApiKey>,
    timeout: std::time::Duration,
    name: Arc<str>,
    encoding: Arc<Learned>,
}

impl Http {
    pub(super) fn new(config: &Config, base: Url) -> Result<Http, InitError> {
        let client = client::make(config, &base)?;
        let mut headers = config.delivery.headers.clone();
        if let Some(ApiKey(key)) = &config.key
            && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {key}"))
        {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        if let Some(Ok(project)) = config.project.as_deref().map(HeaderValue::from_str) {
            headers.insert("x-carrot-project", project);
        }
        let mut url = base;
        let path = format!("{}/v1/traces/ingest", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Http {
            name: url.origin().ascii_serialization().into(),
            encoding: Arc::new(Learned::new(
                config.delivery.compression,
                client::is_loopback(&url),
            )),
            key: config.key.clone(),
            timeout: config.delivery.request_timeout,
            client,
            url,
            headers,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A WebSocket to the same collector, by the same client.
    pub(super) fn live(&self, base: &Url) -> Live {
        let (client, headers) = (self.client.clone(), self.headers.clone());
        Live::new(client, base, self.key.clone(), headers)
    }

    pub(super) async fn send(&self, records: &[Bytes]) -> Outcome {
        let size: usize = records.iter().map(|record| record.len() + 1).sum();
        let mut body = Vec::with_capacity(size + 16);
        body.extend_from_slice(b"{\"traces\":[");
        for (count, record) in records.iter().enumerate() {
            if count > 0 {
                body.push(b',');
            }
            body.extend_from_slice(record);
        }
        body.extend_from_slice(b"]}");
        let (body, encoding) = self.encoding.encode(body);
        match self.post(body, encoding).await {
            Ok(response) if encoding.is_some() && response.status() == 415 => {
                self.encoding.refused();
                Outcome::retry(format!("{} takes no compressed bodies", self.name))
            }
            Ok(response) => {
                self.encoding.learn(response.headers());
                answer::read(response, &self.name, self.secrets()).await
            }
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

    fn secrets(&self) -> Secrets<'_> {
        Secrets {
            key: self.key.as_ref(),
            headers: &self.headers,
        }
    }

    async fn post(
        &self,
        body: Vec<u8>,
        encoding: Option<Encoding>,
    ) -> reqwest::Result<reqwest::Response> {
        let mut request = self
            .client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, "application/json")
            .timeout(self.timeout)
            .body(body);
        if let Some(encoding) = encoding {
            request = request.header(CONTENT_ENCODING, encoding.name());
        }
        request.send().await
    }
}
