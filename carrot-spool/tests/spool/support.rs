//! What the tests share.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use carrot_spool::{Block, Destination, Fingerprint, Settings, Spool};

/// Some moment, in seconds after another.
pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

pub(crate) fn destination() -> Destination {
    Destination {
        program: "agent".to_owned(),
        to: "http://127.0.0.1:7420".to_owned(),
        project: None,
        key: Some(Fingerprint::of("a key")),
    }
}

pub(crate) fn spool(root: &Path) -> Spool {
    Spool::new(Settings::new(root), destination())
}

/// With a limit of bytes.
pub(crate) fn small(root: &Path, max_bytes: u64) -> Spool {
    let mut settings = Settings::new(root);
    settings.max_bytes = max_bytes;
    Spool::new(settings, destination())
}

/// The records of these numbers.
pub(crate) fn records(numbers: impl IntoIterator<Item = u64>) -> Vec<Bytes> {
    let record = |number| Bytes::from(format!(r#"{{"number":{number}}}"#));
    numbers.into_iter().map(record).collect()
}

pub(crate) fn numbers(records: &[Bytes]) -> Vec<u64> {
    let number = |record: &Bytes| {
        let text = std::str::from_utf8(record).unwrap();
        let digits = text.strip_prefix(r#"{"number":"#).unwrap();
        digits.split(['}', ',']).next().unwrap().parse().unwrap()
    };
    records.iter().map(number).collect()
}

/// A record of this number that compression does not make smaller than `length`.
pub(crate) fn large(number: u64, length: usize) -> Bytes {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut noise = String::with_capacity(length * 2);
    // Four bits in a letter: twice the length is enough.
    while noise.len() < length * 2 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.push_str(&format!("{state:016x}"));
    }
    Bytes::from(format!(r#"{{"number":{number},"noise":"{noise}"}}"#))
}

/// All blocks that can be had now.
pub(crate) fn all(spool: &mut Spool, now: SystemTime) -> Vec<Block> {
    std::iter::from_fn(|| spool.next(now)).collect()
}

/// The numbers of all records that can be had now, which are settled.
pub(crate) fn deliver(spool: &mut Spool, now: SystemTime) -> Vec<u64> {
    let mut found = Vec::new();
    while let Some(block) = spool.next(now) {
        found.extend(numbers(&block.records));
        spool.settle(block.ticket);
    }
    found
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if fs::symlink_metadata(&path).unwrap().is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The segments that writers wrote, in order.
pub(crate) fn segments(root: &Path) -> Vec<PathBuf> {
    let mut files = files(root);
    files.retain(|it| {
        it.extension().is_some_and(|it| it == "segment") && !it.iter().any(|it| it == "refused")
    });
    files
}

/// The only one.
pub(crate) fn segment(root: &Path) -> PathBuf {
    let [segment] = segments(root).try_into().unwrap();
    segment
}

pub(crate) fn is_empty(root: &Path) -> bool {
    fs::read_dir(root).map_or(true, |mut entries| entries.next().is_none())
}
