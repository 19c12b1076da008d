//! What can be set, and what holds if it is not.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use crate::{Collector, Error};

/// The port of `carrot serve`, where SDKs without a setting send to.
pub const DEFAULT_PORT: u16 = 7420;
/// The folder of the store, in the working directory.
pub const DEFAULT_DATA: &str = ".carrot";
/// Request bodies may have this many bytes: some 10,000 records of 6 KB.
const DEFAULT_BODY_LIMIT: usize = 64 << 20;

/// Settings of a collector that is about to start.
#[derive(Debug, Clone)]
#[must_use = "a collector runs once `start` is called"]
pub struct Builder {
    pub(crate) data: PathBuf,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) next_ports: u16,
    pub(crate) body_limit: usize,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            data: DEFAULT_DATA.into(),
            host: Ipv4Addr::LOCALHOST.to_string(),
            port: DEFAULT_PORT,
            next_ports: 0,
            body_limit: DEFAULT_BODY_LIMIT,
        }
    }
}

impl Builder {
    /// The folder of the store; made if it is not there. Default: `.carrot` in the working
    /// directory.
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Builder {
        self.data = folder.into();
        self
    }

    /// The address to listen on: `localhost` or a loopback address. Default: `127.0.0.1`.
    pub fn host(mut self, host: impl Into<String>) -> Builder {
        self.host = host.into();
        self
    }

    /// The port to listen on; 0 for one that is free. Default: 7420.
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// If the port is taken, try up to `count` ports after it. Default: 0.
    pub fn or_next_ports(mut self, count: u16) -> Builder {
        self.next_ports = count;
        self
    }

    /// The most bytes that a request body may have. Default: 64 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Builder {
        self.body_limit = bytes;
        self
    }

    /// Opens the store, binds the port and serves on threads of its own.
    ///
    /// # Errors
    ///
    /// [Says](Error) which of them failed and what to do. Nothing runs then.
    pub fn start(self) -> Result<Collector, Error> {
        Collector::start(self)
    }

    /// The address to bind. Without keys nobody but this machine may read the traces.
    pub(crate) fn address(&self) -> Result<IpAddr, Error> {
        let address = match self.host.as_str() {
            "localhost" => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            host => host.parse().ok(),
        };
        match address {
            Some(address) if address.is_loopback() => Ok(address),
            Some(_) => Err(Error::public(&self.host)),
            None => Err(Error::no_address(&self.host)),
        }
    }
}
