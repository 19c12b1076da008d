//! The core of every adapter: it sees a model call pass and makes a span of it.
//!
//! An adapter [begins](Call::begin) a [`Call`] where the user's call is made, so that the parent is right whatever
//! task the answer is read in. The [`Door`] it gets says whether the request is to be sent, is answered already, from a
//! recording, or must not be sent at all, since it would go over a budget. A call that is sent is told of each attempt, of the answer's head, and of every piece
//! of the body ([`TapBody`] does that for bodies of `http_body`). The call ends in one of three ways:
//!
//! - [`Call::ended`]: the body came to its end. An error status makes the span an error.
//! - [`Call::failed`]: the transport broke, before or within the answer. [`Call::useless`]: the answer came whole, and the
//!   client could not read it.
//! - dropped: the user stopped listening. After the terminal event that is success, otherwise the
//!   span is cancelled. Either way it keeps what had arrived.
//!
//! Nothing is parsed here, except what a finished answer cost where a budget asks. Bytes are kept by reference, up to [`LIMIT`], and turned into the record on
//! the exporter's thread. Nothing is changed either: requests, answers and errors pass as they are.

mod asked;
mod door;
mod call;
mod seen;
mod later;
mod head;
mod kept;
mod first;
mod last;
mod estimate;
mod body;
mod answer;

pub use answer::{Answer, AnswerBody, Cut};
pub use asked::Asked;
pub use body::TapBody;
pub use call::Call;
#[cfg(feature = "bedrock")]
pub(crate) use call::is_written_down;
pub use door::{Door, Refused};
pub use kept::LIMIT;
pub(crate) use kept::SMALL;
#[cfg(feature = "genai")]
pub(crate) use later::Later;

use std::error::Error;

/// The longest error message recorded, in characters.
const MAX_MESSAGE: usize = 1_000;

/// An error in words, with its sources, and bounded in length.
pub(crate) fn in_words(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !words.ends_with(&next) {
            words.push_str(": ");
            words.push_str(&next);
        }
        source = error.source();
    }
    bounded(words)
}

pub(crate) fn bounded(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_MESSAGE) {
        text.truncate(end);
        text.push('…');
    }
    text
}
