//! `GET /v1/live`: what changes, as server-sent events.
//!
//! `trace` has a row of the list, new or changed. `gone` has the `id` of a row that is a child now.
//! `refresh` means that some were missed: ask for the list again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::project::Project;
use crate::server::App;
use crate::store::{Change, Listed};
use crate::view;

/// A comment this often tells both ends whether the other is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Streams the changes of a project until the client goes or the collector stops.
pub(crate) async fn live(
    State(app): State<App>,
    Project(project): Project,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let listener = Listener {
        project,
        changes: app.store.changes(),
        stopped: app.stopped,
    };
    let events = unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

struct Listener {
    project: String,
    changes: Receiver<Arc<Change>>,
    stopped: watch::Receiver<bool>,
}

impl Listener {
    async fn next(&mut self) -> Option<Event> {
        loop {
            let change = tokio::select! {
                change = self.changes.recv() => change,
                _ = self.stopped.wait_for(|stopped| *stopped) => return None,
            };
            match change {
                Ok(change) => {
                    if let Some(event) = event(&change, &self.project) {
                        return Some(event);
                    }
                }
                Err(RecvError::Lagged(_)) => {
                    return Some(Event::default().event("refresh").data("{}"));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

fn event(change: &Change, wanted: &str) -> Option<Event> {
    match change {
        Change::Trace { project, row } if project == wanted => Event::default()
            .event("trace")
            .json_data(view::row(Listed::clone(row)))
            .ok(),
        Change::Gone { project, id } if project == wanted => {
            let gone = serde_json::json!({"id": id});
            Event::default().event("gone").json_data(gone).ok()
        }
        _ => None,
    }
}
