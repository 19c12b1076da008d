//! Asking a collector over HTTP.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde::Deserialize;
use ureq::http::StatusCode;
use ureq::{Agent, Body};

/// How long a collector may take to take a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// How long it may take to begin an answer: a search takes two seconds.
const ANSWER: Duration = Duration::from_secs(30);
/// A trace of 10,000 spans is some 20 MB.
const MAX_ANSWER: u64 = 1 << 30;

/// A collector and a project in it.
pub(crate) struct Client {
    agent: Agent,
    url: String,
    project: String,
}

/// Why there was no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody listens there.
    Refused,
    /// Anything else, in words.
    Other(anyhow::Error),
}

impl Client {
    pub(crate) fn new(url: &str, project: &str) -> anyhow::Result<Client> {
        if url.starts_with("https://") {
            bail!("{url}: https is not supported yet: use http://");
        }
        if !url.starts_with("http://") {
            bail!("{url} is no URL of a collector: write it like http://127.0.0.1:7420");
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .build();
        Ok(Client {
            agent: agent.into(),
            url: url.trim_end_matches('/').to_owned(),
            project: project.to_owned(),
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The text at a path, or `None` where there is nothing.
    pub(crate) fn get(&self, path: &str) -> Result<Option<String>, Failure> {
        let (status, mut body) = self.open(path)?;
        let text = body.with_config().limit(MAX_ANSWER).read_to_string();
        let text = text.with_context(|| format!("the answer of {} broke off", self.url));
        let text = text.map_err(Failure::Other)?;
        match status {
            StatusCode::OK => Ok(Some(text)),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(Failure::Other(anyhow!(
                "{} says: {}",
                self.url,
                reason(status, &text)
            ))),
        }
    }

    /// The answer to a body of JSON; `key` is the collector's.
    pub(crate) fn post(
        &self,
        path: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<(StatusCode, String), Failure> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("X-Carrot-Project", &self.project);
        let mut request = request.content_type("application/json");
        if let Some(key) = key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut response = request.send(body).map_err(|error| self.failure(error))?;
        let text = response.body_mut().with_config().limit(MAX_ANSWER);
        let text = text.read_to_string();
        let text = text.with_context(|| format!("the answer of {} broke off", self.url));
        Ok((response.status(), text.map_err(Failure::Other)?))
    }

    /// The body at a path, to be read as it comes.
    pub(crate) fn open(&self, path: &str) -> Result<(StatusCode, Body), Failure> {
        let request = self.agent.get(format!("{}{path}", self.url));
        let request = request.header("X-Carrot-Project", &self.project);
        let response = request.call().map_err(|error| self.failure(error))?;
        Ok((response.status(), response.into_body()))
    }

    fn failure(&self, error: ureq::Error) -> Failure {
        match error {
            ureq::Error::ConnectionFailed => Failure::Refused,
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                Failure::Refused
            }
            error => {
                let context = format!("no answer from {}", self.url);
                Failure::Other(anyhow::Error::new(error).context(context))
            }
        }
    }
}

/// The collector's own words, or the status where the answer has none.
pub(crate) fn reason(status: StatusCode, body: &str) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    match serde_json::from_str::<Refusal>(body) {
        Ok(refusal) => refusal.error.chars().take(500).collect(),
        Err(_) => format!("{status}: is it a carrot collector?"),
    }
}
