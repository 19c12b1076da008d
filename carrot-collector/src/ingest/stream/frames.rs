//! Frames that wait, and what becomes of them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use carrot_wire::live::{ClientFrame, ServerFrame};
use tokio::time::Instant;

use super::dialect::Dialect;
use crate::ingest::carrot::flatten;
use crate::store::{Batch, Store, StoreError};

/// A connection is not read further while so many frames wait,
const MAX_FRAMES: usize = 4096;
/// or so many bytes of them.
const MAX_BYTES: usize = 8 << 20;
/// How soon a store that had no room is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// Frames in the order they came.
#[derive(Debug, Default)]
pub(super) struct Frames {
    texts: Vec<Utf8Bytes>,
    bytes: usize,
}

impl Frames {
    pub(super) fn push(&mut self, text: Utf8Bytes) {
        self.bytes += text.len();
        self.texts.push(text);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.texts.len() >= MAX_FRAMES || self.bytes >= MAX_BYTES
    }

    /// Keeps all of them by one commit, and gives what each is answered, in their order. A store that has
    /// no room is waited for so long.
    pub(super) async fn commit(
        self,
        store: Arc<dyn Store>,
        project: String,
        dialect: Dialect,
        patience: Duration,
    ) -> Result<Vec<ServerFrame>, StoreError> {
        let frames = Arc::new(self);
        let deadline = Instant::now() + patience;
        loop {
            let (frames, project) = (Arc::clone(&frames), project.clone());
            // Megabytes of JSON take a while: not on a thread that serves connections.
            let read = tokio::task::spawn_blocking(move || frames.read(project, dialect)).await;
            let (batch, answers) = read.map_err(|_| StoreError::Closed)?;
            if batch.records.is_empty() {
                return Ok(answers);
            }
            match store.ingest(batch).await {
                Ok(()) => return Ok(answers),
                Err(StoreError::Overloaded) if Instant::now() < deadline => {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn read(&self, project: String, dialect: Dialect) -> (Batch, Vec<ServerFrame>) {
        let mut batch = Batch {
            project,
            records: Vec::with_capacity(self.texts.len()),
            bytes: self.bytes,
        };
        let answers = { self.texts.iter() }.filter_map(|text| answer(text, dialect, &mut batch));
        let answers = answers.collect();
        (batch, answers)
    }
}

/// Adds a frame's record to the batch, and gives what the frame is answered once that is durable.
fn answer(text: &str, dialect: Dialect, batch: &mut Batch) -> Option<ServerFrame> {
    match ClientFrame::read(text) {
        Ok(ClientFrame::Pong) => None,
        Ok(ClientFrame::Auth(_)) => {
            let message = "auth: is the first frame, and no other";
            Some(ServerFrame::error(message, None))
        }
        Ok(ClientFrame::Data(data)) => Some(match dialect.read(&data, &batch.project) {
            Ok(record) => ServerFrame::Ack {
                id: Some(flatten(record, &batch.project, &mut batch.records)),
                seq: data.seq,
            },
            Err(error) => ServerFrame::error(&error.to_string(), data.seq),
        }),
        Err(error) => Some(ServerFrame::error(&error.message, error.seq)),
    }
}
