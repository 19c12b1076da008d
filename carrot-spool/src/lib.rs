#![allow(missing_docs, unused, dead_code)]
use bytes::Bytes;
use std::{io, path::*, time::*};
#[derive(Clone, Debug)]
pub struct Settings {
    pub root: PathBuf,
    pub max_bytes: u64,
    pub max_age: Duration,
}
impl Settings {
    pub fn new(root: PathBuf) -> Settings {
        Settings {
            root,
            max_bytes: 1 << 29,
            max_age: Duration::from_secs(86400 * 7),
        }
    }
}
#[derive(Clone, Debug, PartialEq)]
pub struct Fingerprint(u64);
impl Fingerprint {
    pub fn of(s: &str) -> Self {
        Self(0)
    }
}
pub struct Destination {
    pub program: String,
    pub to: String,
    pub project: Option<String>,
    pub key: Option<Fingerprint>,
}
pub struct Spool;
pub struct Ticket;
pub struct Block {
    pub ticket: Ticket,
    pub records: Vec<Bytes>,
    pub own: bool,
}
#[derive(Default)]
pub struct Losses {
    pub too_old: u64,
    pub too_many: u64,
    pub corrupt: u64,
}
#[derive(Default)]
pub struct Waiting {
    pub own: u64,
    pub adopted: u64,
    pub bytes: u64,
}
impl Spool {
    pub fn new(s: Settings, d: Destination) -> Spool {
        Spool
    }
    pub fn append(&mut self, r: &[Bytes], now: SystemTime) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    pub fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
    pub fn adopt(&mut self, now: SystemTime) -> io::Result<usize> {
        Ok(0)
    }
    pub fn next(&mut self) -> Option<Block> {
        None
    }
    pub fn has_unsent(&self) -> bool {
        false
    }
    pub fn settle(&mut self, t: Ticket) {}
    pub fn put_back(&mut self, t: Ticket) {}
    pub fn set_aside(&mut self, t: Ticket, why: &str) {}
    pub fn keep_refused(&mut self, r: &[Bytes], why: &str, now: SystemTime) -> io::Result<()> {
        Ok(())
    }
    pub fn mark_key_refused(&mut self) {}
    pub fn waiting(&self) -> Waiting {
        Waiting::default()
    }
    pub fn take_losses(&mut self) -> Losses {
        Losses::default()
    }
}
pub fn default_root() -> PathBuf {
    "/tmp/x".into()
}
