//! `carrot spool ls`

use std::io::Write;
use std::path::Path;

use carrot_spool::{Entry, State};
use carrot_wire::{Timestamp, draw};

use super::{MAX_NAME, MAX_REASON, entries, size};
use crate::table;

const HEADS: [&str; 6] = [
    "PROGRAM",
    "DESTINATION",
    "RECORDS",
    "SIZE",
    "OLDEST",
    "STATE",
];
/// Columns of figures, which stand to the right.
const FIGURES: std::ops::Range<usize> = 2..4;

pub(super) fn run(root: &Path) -> anyhow::Result<()> {
    let entries = entries(root, None)?;
    let mut out = std::io::stdout().lock();
    if entries.is_empty() {
        writeln!(out, "Nothing waits in {}", root.display())?;
        return Ok(());
    }
    let mut lines = vec![HEADS.map(str::to_owned)];
    lines.extend(entries.iter().map(cells));
    table::write(&mut out, &lines, FIGURES)?;
    Ok(())
}

fn cells(entry: &Entry) -> [String; 6] {
    let to = match &entry.project {
        Some(project) => format!("{} ({project})", entry.to),
        None => entry.to.clone(),
    };
    let oldest = entry
        .oldest
        .map(|oldest| Timestamp::from(oldest).to_string());
    let seconds = oldest
        .as_deref()
        .and_then(|time| time.get(.."2026-01-31T12:00:00".len()));
    let counted = matches!(
        entry.state,
        State::InUse | State::Left | State::KeyRefused | State::Refused { .. }
    );
    [
        draw::one_line(&entry.program, MAX_NAME),
        draw::one_line(&to, MAX_NAME),
        if counted {
            entry.records.to_string()
        } else {
            String::new()
        },
        size(entry.bytes),
        seconds.map_or(String::new(), |time| format!("{}Z", time.replace('T', " "))),
        state(&entry.state),
    ]
}

fn state(state: &State) -> String {
    match state {
        State::InUse => "in use".to_owned(),
        State::Left => "left".to_owned(),
        State::KeyRefused => "left, its key was refused".to_owned(),
        State::Refused { reason } => format!("refused: {}", draw::one_line(reason, MAX_REASON)),
        State::Corrupt => "corrupt".to_owned(),
        _ => "of a newer carrot".to_owned(),
    }
}
