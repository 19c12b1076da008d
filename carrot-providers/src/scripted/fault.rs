//! What goes wrong with a reply on its way.

use super::reply::{Reply, What};

#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    pub(super) cut_after: Option<usize>,
    pub(super) error_after: Option<(usize, String)>,
    pub(super) garbled: Option<usize>,
    pub(super) is_endless: bool,
    pub(super) content_type: Option<String>,
    pub(super) length_by: i64,
}

impl Reply {
    /// A page in HTML, as proxies answer in place of a model.
    pub fn html(status: u16) -> Reply {
        let page = format!(
            "<html>\r\n<head><title>{status}</title></head>\r\n<body><h1>{status}</h1></body>\r\n</html>\r\n"
        );
        Reply::raw(status, "text/html", page)
    }

    /// A stream that says this word again and again for as long as somebody listens. It goes for
    /// streams; a plain answer says it a few times.
    pub fn endless(word: impl Into<String>) -> Reply {
        // Long enough that the middle of its pieces is text in every dialect.
        let mut reply = Reply::text(format!("{} ", word.into()).repeat(16));
        reply.faults.is_endless = true;
        reply
    }

    /// Breaks the connection after so many pieces of a stream. A plain body is broken in its middle.
    pub fn cut_after(mut self, pieces: usize) -> Reply {
        self.faults.cut_after = Some(pieces);
        self
    }

    /// After so many pieces of a stream comes an error in the form that the dialect has for it, and
    /// nothing more. A plain answer is that error with the status 500.
    pub fn error_after(mut self, pieces: usize, message: impl Into<String>) -> Reply {
        self.faults.error_after = Some((pieces, message.into()));
        self
    }

    /// The JSON of this piece of a stream, counted from 0, is broken off. A plain body is broken off
    /// whatever the number.
    pub fn garbled(mut self, piece: usize) -> Reply {
        self.faults.garbled = Some(piece);
        self
    }

    /// With this content type, whatever the body is.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Reply {
        self.faults.content_type = Some(content_type.into());
        self
    }

    /// With a `content-length` that is too long by so many bytes, or, below zero, too short. The
    /// connection is closed after the body.
    pub fn lying_length(mut self, by: i64) -> Reply {
        self.faults.length_by = by;
        self
    }

    /// What a plain answer turns into where a stream would end with an error.
    pub(super) fn plain_error(&self) -> Option<Reply> {
        let (_, message) = self.faults.error_after.as_ref()?;
        let mut reply = self.clone();
        reply.what = What::Error {
            status: 500,
            message: message.clone(),
        };
        reply.faults.error_after = None;
        Some(reply)
    }
}
