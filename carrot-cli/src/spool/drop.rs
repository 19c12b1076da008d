//! `carrot spool drop`

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, bail};
use carrot_spool::{Entry, State};

use super::{entries, name, records, size};
use crate::args;

pub(super) fn run(root: &Path, args: &args::SpoolDrop) -> anyhow::Result<()> {
    let older_than = args.older_than.map(|age| {
        let than = SystemTime::now().checked_sub(age);
        than.unwrap_or(SystemTime::UNIX_EPOCH)
    });
    let mut entries = entries(root, args.program.as_ref())?;
    entries.retain(|entry| is_meant(entry, args, older_than));
    let mut out = io::stdout().lock();
    if entries.is_empty() {
        writeln!(out, "Nothing to delete in {}", root.display())?;
        return Ok(());
    }
    if !args.yes && !asked(&entries, args, &mut out)? {
        return Ok(());
    }
    for entry in &entries {
        let discarded = entry.discard(older_than);
        let name = name(entry);
        match discarded.with_context(|| format!("{name} cannot be deleted"))? {
            None => writeln!(out, "{name}: a program has it now")?,
            Some(it) if it.bytes == 0 => {}
            Some(it) => {
                let what = records(it.records);
                writeln!(out, "{name}: {what} deleted, {}", size(it.bytes))?;
            }
        }
    }
    Ok(())
}

fn is_meant(entry: &Entry, args: &args::SpoolDrop, older_than: Option<SystemTime>) -> bool {
    let all = !args.refused && !args.corrupt;
    let kind = match entry.state {
        State::Left | State::KeyRefused => all,
        State::Refused { .. } => all || args.refused,
        State::Corrupt => all || args.corrupt,
        _ => false,
    };
    let is_old = older_than.is_none_or(|than| entry.oldest.is_none_or(|oldest| oldest < than));
    kind && is_old
}

/// Shows what would go, and asks; where nobody can answer, it says how to do without.
fn asked(entries: &[Entry], args: &args::SpoolDrop, out: &mut impl Write) -> anyhow::Result<bool> {
    let count = records(entries.iter().map(|entry| entry.records).sum());
    let bytes = size(entries.iter().map(|entry| entry.bytes).sum());
    let up_to = if args.older_than.is_some() {
        "up to "
    } else {
        ""
    };
    if !io::stdin().is_terminal() {
        bail!("this deletes {up_to}{count}, {bytes}: say so with --yes");
    }
    for entry in entries {
        writeln!(
            out,
            "{}: {}, {}",
            name(entry),
            records(entry.records),
            size(entry.bytes)
        )?;
    }
    write!(out, "Delete {up_to}{count}, {bytes}? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
