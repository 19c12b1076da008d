//! Taking traces in: each sender's dialect is a thin translation into records.

mod body;

pub(crate) mod carrot;
pub(crate) mod agenttrace;
pub(crate) mod retrace;
pub(crate) mod otlp;
pub(crate) mod stream;

use carrot_wire::Record;

use crate::api::ApiError;
use crate::server::App;
use crate::store::Batch;

/// Megabytes take a while to be read: not on a thread that serves connections.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| ApiError::internal())?
}

/// Stores what a body of so many bytes said; it is durable when this returns.
async fn store(
    app: &App,
    project: String,
    records: Vec<Record>,
    bytes: usize,
) -> Result<(), ApiError> {
    if !records.is_empty() {
        let batch = Batch {
            project,
            records,
            bytes,
        };
        app.store.ingest(batch).await?;
    }
    Ok(())
}
