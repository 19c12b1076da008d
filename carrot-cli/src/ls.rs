//! `carrot ls`

use std::io::Write;

use crate::source::Source;
use crate::{args, table, trace};

const HEADS: [&str; 8] = [
    "STARTED", "NAME", "STATUS", "SPANS", "LATENCY", "TOKENS", "COST", "ID",
];
/// Columns of figures, which stand to the right.
const FIGURES: std::ops::Range<usize> = 3..7;

pub(crate) fn run(args: &args::Ls) -> anyhow::Result<()> {
    let source = Source::find(&args.from)?;
    let text = source.list(&args.from.project.name, &format!("limit={}", args.limit))?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{text}")?;
        return Ok(());
    }
    let mut lines = vec![HEADS.map(str::to_owned)];
    lines.extend(trace::rows(&text)?.iter().map(trace::Row::cells));
    table::write(&mut out, &lines, FIGURES)?;
    Ok(())
}
