use std::sync::Arc;

use tokio::sync::Semaphore;

/// Lets the pieces of a [held](super::Reply::held) reply go. Dropped, it lets all of them go.
#[derive(Debug)]
pub struct Hold(Arc<Semaphore>);

/// Where the pieces wait.
#[derive(Debug, Clone)]
pub(super) struct Gate(Arc<Semaphore>);

impl Default for Hold {
    fn default() -> Hold {
        Hold(Arc::new(Semaphore::new(0)))
    }
}

impl Hold {
    /// Lets so many more pieces go, now or when they come.
    pub fn release(&self, pieces: usize) {
        self.0.add_permits(pieces);
    }

    pub(super) fn gate(&self) -> Gate {
        Gate(self.0.clone())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Gate {
    /// Returns when one more piece may go.
    pub(super) async fn pass(&self) {
        // Closed: nobody holds it any more.
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}
