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
    Sse::new(listener.events()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

struct Listener {
    project: String,
    changes: Receiver<Arc<Change>>,
    stopped: watch::Receiver<bool>,
}

impl Listener {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        unfold(self, |mut listener| async move {
            let event = listener.next().await?;
            Some((Ok(event), listener))
        })
    }

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

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use carrot_wire::RecordId;

    use super::*;

    #[tokio::test]
    async fn a_listener_that_falls_behind_is_told_to_refresh() {
        let (sender, changes) = tokio::sync::broadcast::channel(2);
        let (_stop, stopped) = watch::channel(false);
        let listener = Listener {
            project: "p".to_owned(),
            changes,
            stopped,
        };
        for number in 1..=4 {
            let gone = Change::Gone {
                project: "p".to_owned(),
                id: RecordId(number),
            };
            sender.send(Arc::new(gone)).unwrap();
        }
        drop(sender);
        let body = Sse::new(listener.events()).into_response().into_body();
        let body = axum::body::to_bytes(body, 10_000).await.unwrap();
        let gone = |number| format!("event: gone\ndata: {{\"id\":\"{}\"}}\n\n", RecordId(number));
        let expected = format!("event: refresh\ndata: {{}}\n\n{}{}", gone(3), gone(4));
        assert_eq!(String::from_utf8_lossy(&body), expected);
    }
}
