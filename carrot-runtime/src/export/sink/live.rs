//! A collector over a WebSocket: `/ws/v1/stream`.
//!
//! One task holds the connection, and makes it when there is something to send. Each record is a frame with a number, which
//! the collector acknowledges once the record is durable. When the connection breaks, whoever waits for acknowledgements is
//! told to try again: the lane sends these records once more, over the next connection or by HTTP.

mod task;
mod connect;
mod connection;
mod flights;
mod status;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Client, Url};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::config::ApiKey;
use crate::export::answer::{Outcome, Secrets};
use flights::Batch;
use status::Status;

/// The handle of a connection.
#[derive(Clone)]
pub(in crate::export) struct Live {
    route: Arc<Route>,
    status: Arc<Status>,
    commands: UnboundedSender<Command>,
    /// Until the task runs, which needs the exporter's runtime.
    inbox: Arc<Mutex<Option<UnboundedReceiver<Command>>>>,
}

/// What the task is asked for.
enum Command {
    Send(Batch),
    Close(oneshot::Sender<()>),
}

/// How the collector is reached.
struct Route {
    client: Client,
    url: Url,
    /// Credentials, the project and what the user adds.
    headers: HeaderMap,
    key: Option<ApiKey>,
    /// The collector's address, as it is shown.
    name: String,
    times: Times,
}

impl Route {
    fn secrets(&self) -> Secrets<'_> {
        Secrets {
            key: self.key.as_ref(),
            headers: &self.headers,
        }
    }
}

/// How long the collector may take.
#[derive(Debug, Clone, Copy)]
struct Times {
    /// To upgrade the connection and to welcome us.
    handshake: Duration,
    /// To acknowledge something, where something is to be acknowledged.
    silence: Duration,
    /// To say anything: it pings twice as often.
    idle: Duration,
    /// To close.
    close: Duration,
}

impl Times {
    const DEFAULT: Times = Times {
        handshake: Duration::from_secs(3),
        silence: Duration::from_secs(30),
        idle: Duration::from_secs(75),
        close: Duration::from_millis(500),
    };
}

impl Live {
    /// `headers` go along with the request for the upgrade; `client` is asked for it as for all others, so that its proxy,
    /// certificates and timeouts hold here too.
    pub(super) fn new(client: Client, base: &Url, key: Option<ApiKey>, headers: HeaderMap) -> Live {
        let mut url = base.clone();
        let path = url.path().trim_end_matches('/');
        url.set_path(&format!("{path}{}", carrot_wire::live::PATH));
        Live::with(Route {
            name: url.origin().ascii_serialization(),
            client,
            url,
            headers,
            key,
            times: Times::DEFAULT,
        })
    }

    fn with(route: Route) -> Live {
        let (commands, inbox) = unbounded_channel();
        Live {
            route: Arc::new(route),
            status: Arc::default(),
            commands,
            inbox: Arc::new(Mutex::new(Some(inbox))),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.route.name
    }

    /// Sends a batch, each record as its JSON text, and waits until all of it is acknowledged. Several at once share the
    /// connection.
    pub(super) async fn send(&self, records: &[Bytes]) -> Outcome {
        let inbox = { self.inbox.lock() }
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(inbox) = inbox {
            let (route, status) = (self.route.clone(), self.status.clone());
            tokio::spawn(task::run(route, status, inbox));
        }
        let (reply, outcome) = oneshot::channel();
        // Where the task has ended, so has `reply`.
        let _ = self.commands.send(Command::Send(Batch {
            records: records.to_vec(),
            reply,
        }));
        outcome.await.unwrap_or_else(|_| {
            let name = &self.route.name;
            Outcome::retry(format!("the connection to {name} was closed"))
        })
    }

    /// Whether there is a connection.
    pub(super) fn is_up(&self) -> bool {
        self.status.is_up()
    }

    /// Whether there is a connection, or it is time to try for one.
    pub(super) fn is_worth_a_try(&self) -> bool {
        self.status.is_worth_a_try()
    }

    /// Closes the connection.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.commands.send(Command::Close(done)).is_ok() && self.status.is_up() {
            // However that went, it is over.
            let _ = tokio::time::timeout(self.route.times.close * 2, closed).await;
        }
    }
}
