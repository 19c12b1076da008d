use std::fmt;

use bytes::Bytes;

/// The bytes of a body that are yet to be written, where the client has the body in its own types: on the exporter's thread, unless
/// somebody wants them before.
pub(crate) struct Later {
    size: usize,
    write: Box<dyn FnOnce() -> Bytes + Send + Sync>,
}

impl Later {
    #[cfg(feature = "genai")]
    /// `size` is about how much memory it holds, in bytes.
    pub(crate) fn new(size: usize, write: impl FnOnce() -> Bytes + Send + Sync + 'static) -> Later {
        Later {
            size,
            write: Box::new(write),
        }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn write(self) -> Bytes {
        (self.write)()
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Later(…)")
    }
}
