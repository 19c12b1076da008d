//! Names of folders and files; what has another name is not ours.

use std::io;
use std::time::SystemTime;

use crate::format::micros;
use crate::settings::{Destination, short_hash};

pub(crate) const LOCK: &str = "lock";
pub(crate) const KEY_REFUSED: &str = "key-refused";
pub(crate) const REFUSED: &str = "refused";
pub(crate) const CORRUPT: &str = "corrupt";
/// A file that is being written, under the name that it will have without this.
pub(crate) const UNFINISHED: &str = ".new";

const SEGMENT: &str = ".segment";
const DAMAGED: &str = ".damaged";
/// Of a program's name, so many letters are in its folder's.
const MAX_NAME: usize = 40;

/// The folder of a program, destination and project.
pub(crate) fn program(destination: &Destination) -> String {
    let Destination {
        program,
        to,
        project,
        ..
    } = destination;
    let has_project = if project.is_some() { "1" } else { "0" };
    let parts = [
        program,
        to,
        has_project,
        project.as_deref().unwrap_or_default(),
    ];
    format!("{}-{}", safe(program), short_hash(&parts))
}

/// Of the name of a program's folder, the program's part.
pub(crate) fn of_program(folder: &str) -> Option<&str> {
    let (program, hash) = folder.rsplit_once('-')?;
    is_hex(hash, 16).then_some(program)
}

/// Letters, digits, `-`, `_` and dots that do not lead.
pub(crate) fn safe(name: &str) -> String {
    let fits = |(at, c): (usize, char)| match c {
        '.' if at > 0 => c,
        '-' | '_' => c,
        c if c.is_ascii_alphanumeric() => c,
        _ => '_',
    };
    let safe: String = name.chars().take(MAX_NAME).enumerate().map(fits).collect();
    if safe.is_empty() {
        "_".to_owned()
    } else {
        safe
    }
}

/// A folder's name that nobody guesses and nobody else has.
pub(crate) fn writer() -> io::Result<String> {
    random::<16>()
}

pub(crate) fn is_writer(name: &str) -> bool {
    is_hex(name, 32)
}

pub(crate) fn segment(number: u64) -> String {
    format!("{number:010}{SEGMENT}")
}

/// The number of a segment in a writer's folder.
pub(crate) fn segment_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SEGMENT)?;
    let ours = (10..=19).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    ours.then(|| digits.parse().ok()).flatten()
}

/// A segment of refused records. They sort by time.
pub(crate) fn refused(now: SystemTime) -> io::Result<String> {
    Ok(format!("{}{SEGMENT}", at(now)?))
}

/// Bytes that could not be read.
pub(crate) fn damaged(now: SystemTime) -> io::Result<String> {
    Ok(format!("{}{DAMAGED}", at(now)?))
}

/// When a file of refused records, or of damaged bytes, was written, in microseconds since 1970.
pub(crate) fn aside_time(name: &str) -> Option<u64> {
    let name = name.strip_suffix(UNFINISHED).unwrap_or(name);
    let stem = name
        .strip_suffix(SEGMENT)
        .or_else(|| name.strip_suffix(DAMAGED))?;
    let (time, random) = stem.split_once('-')?;
    (time.len() == 16 && is_hex(random, 16)).then_some(())?;
    time.parse().ok()
}

fn at(now: SystemTime) -> io::Result<String> {
    let time = micros(now).min(9_999_999_999_999_999);
    Ok(format!("{time:016}-{}", random::<8>()?))
}

fn random<const BYTES: usize>() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn is_hex(text: &str, length: usize) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == length && text.bytes().all(is_hex)
}
