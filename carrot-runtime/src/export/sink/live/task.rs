//! The task that makes connections, one after the other, as long as there is something to send.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc::UnboundedReceiver;

use super::connection::{Connection, End};
use super::flights::Batch;
use super::status::Status;
use super::{Command, Route};

pub(super) async fn run(
    route: Arc<Route>,
    status: Arc<Status>,
    mut inbox: UnboundedReceiver<Command>,
) {
    // Goes on counting from one connection to the next.
    let mut next_seq = 1;
    while let Some(Command::Send(batch)) = inbox.recv().await {
        let (end, left) = match route.connect().await {
            Ok(welcomed) => {
                status.up();
                let connection = Connection::new(&route, &status, &mut next_seq, welcomed);
                connection.run(batch, &mut inbox).await
            }
            Err(end) => (end, vec![batch]),
        };
        match &end {
            End::Ours | End::Quiet => status.rests(),
            other => status.down(other.cannot(), Instant::now()),
        }
        let is_over = answer(left, &end, &route, &mut inbox);
        if is_over {
            return;
        }
    }
}

/// Tells all who wait, also those who came meanwhile: what did not work for one of them does not for the others. Says
/// whether somebody asked for the end.
fn answer(
    left: Vec<Batch>,
    end: &End,
    route: &Route,
    inbox: &mut UnboundedReceiver<Command>,
) -> bool {
    for batch in left {
        batch.answer(end.outcome(&route.name));
    }
    if let End::Quiet = end {
        return false;
    }
    while let Ok(command) = inbox.try_recv() {
        match command {
            Command::Send(batch) => batch.answer(end.outcome(&route.name)),
            Command::Close(_) => return true,
        }
    }
    matches!(end, End::Ours)
}
