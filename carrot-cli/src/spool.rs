//! `carrot spool`

mod ls;
mod send;
mod drop;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use carrot_spool::{Entry, Root, default_root};
use carrot_wire::draw;

use crate::args::{self, SpoolCommand};

/// Of a program's or a destination's name, so many letters are shown.
const MAX_NAME: usize = 60;
/// Of a collector's reason for refusing.
const MAX_REASON: usize = 100;

pub(crate) fn run(args: &args::Spool) -> anyhow::Result<()> {
    let root = root(args.root.as_ref())?;
    match &args.command {
        SpoolCommand::Ls => ls::run(&root),
        SpoolCommand::Send(args) => send::run(&root, args),
        SpoolCommand::Drop(args) => drop::run(&root, args),
    }
}

fn root(given: Option<&PathBuf>) -> anyhow::Result<PathBuf> {
    match (given, default_root()) {
        (Some(given), _) => Ok(given.clone()),
        (None, Root::Named(root) | Root::Usual(root)) => Ok(root),
        (None, Root::None) => {
            bail!("CARROT_SPOOL says that there is no spool: name one with --root")
        }
    }
}

/// What lies there, of a program or of all.
fn entries(root: &Path, program: Option<&String>) -> anyhow::Result<Vec<Entry>> {
    let entries = carrot_spool::list(root);
    let mut entries = entries.with_context(|| format!("{} cannot be read", root.display()))?;
    entries.retain(|entry| program.is_none_or(|program| entry.program == *program));
    Ok(entries)
}

/// The program and where its records were to go, in one line.
fn name(entry: &Entry) -> String {
    let program = draw::one_line(&entry.program, MAX_NAME);
    match entry.to.as_str() {
        "" => program,
        to => format!("{program} → {}", draw::one_line(to, MAX_NAME)),
    }
}

fn records(count: u64) -> String {
    if count == 1 {
        "1 record".to_owned()
    } else {
        format!("{count} records")
    }
}

fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64;
    let mut unit = "B";
    for next in UNITS {
        if size < 999.5 {
            break;
        }
        size /= 1000.0;
        unit = next;
    }
    if size < 9.95 {
        format!("{size:.1} {unit}")
    } else {
        format!("{size:.0} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_or_three_digits() {
        let sizes = [
            0,
            999,
            1000,
            9_949,
            9_951,
            999_499,
            999_500,
            536_870_912,
            u64::MAX,
        ];
        let expected = [
            "0 B",
            "999 B",
            "1.0 kB",
            "9.9 kB",
            "10 kB",
            "999 kB",
            "1.0 MB",
            "537 MB",
            "18446744 TB",
        ];
        assert_eq!(sizes.map(size), expected);
    }
}
