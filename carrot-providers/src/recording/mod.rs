//! Recording what passes between wrapped clients and their servers, and answering from it.
//!
//! ```
//! # use carrot_providers as carrot_ai;
//! # fn answer() {}
//! let recorder = carrot_ai::recorder();
//! recorder.run(|| answer());
//! let recording = recorder.finish();
//!
//! // No server is asked any more:
//! recording.replay().run(|| answer());
//! ```

mod tape;
mod recorder;
mod replay;

use std::path::Path;
use std::sync::{Arc, Weak};
use std::{fmt, fs, io};

use carrot_wire::recording as wire;
use serde::{Deserialize, Serialize};

pub use recorder::{Recorder, recorder};
pub use replay::Replay;
pub(crate) use replay::Replaying;
pub(crate) use tape::{Tape, Track, request_of};

/// What passed between wrapped clients and their servers, without keys: see [`recorder`].
///
/// It is plain data, for a file beside a test.
#[derive(Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Recording(wire::Recording);

impl Recording {
    pub(crate) fn new(calls: Vec<wire::RecordedCall>) -> Recording {
        Recording(wire::Recording::new(calls))
    }

    /// How many calls it holds.
    pub fn len(&self) -> usize {
        self.0.calls.len()
    }

    /// Whether no call was made.
    pub fn is_empty(&self) -> bool {
        self.0.calls.is_empty()
    }

    /// Reads a file that [`save`](Recording::save) wrote.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no recording; the error names the file.
    pub fn load(path: impl AsRef<Path>) -> io::Result<Recording> {
        let path = path.as_ref();
        let named = |kind, why: &dyn fmt::Display| {
            io::Error::new(kind, format!("{}: {why}", path.display()))
        };
        let text = fs::read_to_string(path).map_err(|error| named(error.kind(), &error))?;
        wire::Recording::from_json(&text)
            .map(Recording)
            .map_err(|error| named(io::ErrorKind::InvalidData, &error))
    }

    /// Writes it to a file, as JSON laid out to be read and compared.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, self.0.to_json())
    }

    /// Answers from it: what is done in the replay's `run` and `scope` asks no server.
    pub fn replay(&self) -> Replay {
        Replay::of(self.0.calls.clone())
    }
}

/// How many calls there are; not what is in them.
impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recording({} calls)", self.len())
    }
}

/// What is handed down to the calls: who records, and who answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch {
    /// Those of all recorders around. Each recorder holds its own: contexts may outlive their scope, and what nobody can ask
    /// for is not to be kept.
    pub(crate) tapes: Vec<Weak<Tape>>,
    pub(crate) replay: Option<Arc<Replaying>>,
}
