//! A collector over a WebSocket, and by HTTP while there is none.

use bytes::Bytes;

use super::http::Http;
use super::live::Live;
use crate::export::answer::Outcome;

#[derive(Clone)]
pub(in crate::export) struct Auto {
    pub(super) live: Live,
    pub(super) http: Http,
}

impl Auto {
    /// What did not get through by the one way goes by the other: records that both took are one.
    pub(super) async fn send(&self, records: &[Bytes]) -> Outcome {
        if !self.live.is_worth_a_try() {
            return self.http.send(records).await;
        }
        match self.live.send(records).await {
            // Nor would it be there for a request.
            nobody @ Outcome::Retry {
                nobody_listens: true,
                ..
            } => nobody,
            // A gateway may refuse upgrades in words that sound like more.
            Outcome::Retry { .. } | Outcome::KeyRefused { .. } => self.http.send(records).await,
            outcome => outcome,
        }
    }
}
