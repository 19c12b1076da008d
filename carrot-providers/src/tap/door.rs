use std::error::Error;
use std::fmt;

use super::{Answer, Call};

/// What is to become of a request: what [`Call::begin`] says.
#[derive(Debug)]
pub enum Door {
    /// It is no model call, or nobody looks: send it, and tell nobody.
    Pass,
    /// Send it, and tell the call of all that comes.
    Send(Call),
    /// Do not send it: this is the answer.
    Answer(Answer),
    /// Do not send it: the caller gets this, as an error of its client's own type.
    Refuse(Refused),
}

/// Why a call was not sent. Its words are for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    kind: &'static str,
    message: String,
}

impl Refused {
    pub(crate) fn new(kind: &'static str, message: String) -> Refused {
        Refused { kind, message }
    }

    /// What refused it: `budget`, or `recording` where a run is replayed.
    pub fn kind(&self) -> &'static str {
        self.kind
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Refused {}
