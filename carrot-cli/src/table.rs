//! Rows under their heads.

use std::io::{self, Write};
use std::ops::Range;

/// Writes the rows, each cell as wide as the widest of its column; `figures` are the columns that stand to the right.
pub(crate) fn write<const COLUMNS: usize>(
    out: &mut impl Write,
    lines: &[[String; COLUMNS]],
    figures: Range<usize>,
) -> io::Result<()> {
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        let lengths = lines.iter().map(|line| line[column].chars().count());
        lengths.max().unwrap_or(0)
    });
    for line in lines {
        let mut text = String::new();
        for (column, cell) in line.iter().enumerate() {
            let width = widths[column];
            let cell = if figures.contains(&column) {
                format!("{cell:>width$}  ")
            } else {
                format!("{cell:<width$}  ")
            };
            text.push_str(&cell);
        }
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}
