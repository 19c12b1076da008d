use std::sync::Arc;

use carrot_runtime::{InTrace, WithAttached, attach};

use super::{Recording, Tape, Watch};

/// Records the model calls of wrapped clients: requests, answers byte for byte, and when each piece came. Keys and other secrets of
/// headers and URLs are left out, and what is redacted in spans is redacted here. It records whether tracing is on or not.
///
/// ```
/// # use carrot_providers as carrot_ai;
/// let recorder = carrot_ai::recorder();
/// recorder.run(|| { /* an agent at work */ });
/// let recording = recorder.finish();
/// # let folder = tempfile::tempdir().unwrap();
/// # let file = folder.path().join("agent.json");
/// recording.save(&file)?;
/// # Ok::<_, std::io::Error>(())
/// ```
pub fn recorder() -> Recorder {
    Recorder(Arc::default())
}

/// Records what is done inside; see [`recorder`].
#[derive(Debug, Clone)]
pub struct Recorder(Arc<Tape>);

impl Recorder {
    /// Runs `f` and records its model calls.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        self.attached().run(f)
    }

    /// Runs a future and records its model calls, wherever it is polled.
    pub fn scope<F: Future>(&self, future: F) -> InTrace<F> {
        self.attached().scope(future)
    }

    /// What was recorded until now. An answer that is still on its way is in it as far as it came.
    ///
    /// It is redacted here, as spans are before they are sent: by the names, the patterns and the hook of
    /// the `builder()`. An answer that holds in several pieces what is redacted is withheld.
    pub fn finish(&self) -> Recording {
        let calls = self.0.calls().into_iter();
        Recording::new(calls.map(carrot_runtime::redacted).collect())
    }

    fn attached(&self) -> WithAttached {
        let tape = Arc::downgrade(&self.0);
        attach(move |above: Option<Arc<Watch>>| {
            let mut watch = above.map_or_else(Watch::default, Arc::unwrap_or_clone);
            // One that is inside of itself records once.
            if !watch.tapes.iter().any(|it| it.ptr_eq(&tape)) {
                watch.tapes.push(tape.clone());
            }
            watch
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_that_nobody_can_ask_for_is_not_kept() {
        let recorder = recorder();
        let tape = Arc::downgrade(&recorder.0);
        recorder.run(|| ());
        drop(recorder);
        assert!(tape.upgrade().is_none());
    }
}
