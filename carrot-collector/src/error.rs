//! Why a collector did not start, or a store could not be read.

use std::io;

use crate::store::{OpenError, StoreError};

/// Why a collector did not start, or a store could not be read. The text names the thing and the fix.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Kind);

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error("port {0} is in use: stop the other program or choose another with --port")]
    PortInUse(u16),
    #[error("cannot listen on {address}: {reason}")]
    Bind { address: String, reason: io::Error },
    #[error(
        "{0} can be reached from other machines, and access keys are not supported yet: \
         listen on 127.0.0.1, and reach it from elsewhere by a tunnel such as `ssh -L`"
    )]
    Public(String),
    #[error("{0} is no address to listen on: use 127.0.0.1, ::1 or localhost with --host")]
    NoAddress(String),
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    #[error(transparent)]
    Open(OpenError),
    #[error(transparent)]
    Store(StoreError),
    #[error("{0}")]
    Query(String),
}

impl Error {
    /// Whether the port is taken.
    pub fn is_port_in_use(&self) -> bool {
        matches!(self.0, Kind::PortInUse(_))
    }

    /// Whether there is no store in the folder that was to be read.
    pub fn is_no_store(&self) -> bool {
        matches!(self.0, Kind::Open(OpenError::Missing { .. }))
    }

    pub(crate) fn bind(address: std::net::SocketAddr, reason: io::Error) -> Error {
        Error(match reason.kind() {
            io::ErrorKind::AddrInUse => Kind::PortInUse(address.port()),
            _ => Kind::Bind {
                address: address.to_string(),
                reason,
            },
        })
    }

    pub(crate) fn public(host: &str) -> Error {
        Error(Kind::Public(host.to_owned()))
    }

    pub(crate) fn no_address(host: &str) -> Error {
        Error(Kind::NoAddress(host.chars().take(100).collect()))
    }

    pub(crate) fn thread(reason: io::Error) -> Error {
        Error(Kind::Thread(reason))
    }

    pub(crate) fn query(message: String) -> Error {
        Error(Kind::Query(message))
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Error {
        Error(Kind::Open(error))
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        Error(Kind::Store(error))
    }
}
