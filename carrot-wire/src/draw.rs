//! A trace as text: the tree that `carrot show`, the quickstart and snapshot tests print.

use std::fmt::Write as _;
use std::time::Duration;

use crate::record::meta;
use crate::tree::{Forest, Step};
use crate::{Level, Record, SpanKind, Status};

/// Names longer than this many characters are cut: a name is a label, not a payload.
const MAX_LABEL: usize = 60;
/// Error messages longer than this many characters are cut.
const MAX_ERROR: usize = 100;

/// Said of a trace that was sampled out and then kept because it failed: inputs and outputs were not recorded.
const NAMES_ONLY: &str = "(names only)";

/// How to draw.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
    /// Without times, which differ from run to run: for snapshots.
    pub timeless: bool,
}

/// Draws every tree of the forest, one line a span, with what each took in columns.
pub fn draw(forest: &Forest, style: Style) -> String {
    let rows: Vec<Row> = rows(forest, style);
    let widths: [usize; 4] = std::array::from_fn(|column| {
        rows.iter()
            .map(|row| row.cells[column].chars().count())
            .max()
            .unwrap_or(0)
    });
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.cells.iter().enumerate() {
            if widths[column] == 0 {
                continue;
            }
            let gap = if column == 0 { 0 } else { 2 };
            let fill = widths[column] - cell.chars().count();
            let painted = paint(cell, if column == 0 { row.paint } else { "" }, style);
            // The label to the left, figures to the right.
            let _ = match column {
                0 => write!(line, "{painted}{:fill$}", ""),
                _ => write!(line, "{:gap$}{:fill$}{painted}", "", ""),
            };
        }
        if !row.note.is_empty() {
            let _ = write!(line, "  {}", paint(&row.note, row.paint, style));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

struct Row {
    /// Tree and name, latency, tokens, cost.
    cells: [String; 4],
    note: String,
    paint: &'static str,
}

fn rows(forest: &Forest, style: Style) -> Vec<Row> {
    // For each level above the current line, whether its branch goes on further down.
    let mut open: Vec<bool> = Vec::new();
    forest
        .walk()
        .map(|step| {
            open.truncate(step.depth.saturating_sub(1));
            let mut label: String = open
                .iter()
                .map(|&open| if open { "│  " } else { "   " })
                .collect();
            if step.depth > 0 {
                label.push_str(if step.last { "└─ " } else { "├─ " });
                open.push(!step.last);
            }
            let mut row = row(label + &name(step), step.record, style);
            if step.depth == 0 && step.record.metadata.get(meta::SKELETON) == Some(&true.into()) {
                row.note
                    .push_str(if row.note.is_empty() { "" } else { "  " });
                row.note.push_str(NAMES_ONLY);
            }
            row
        })
        .collect()
}

fn name(step: Step<'_>) -> String {
    let record = step.record;
    let mut name = one_line(record.name.as_deref().unwrap_or("(no name)"), MAX_LABEL);
    match record.kind_or_default() {
        SpanKind::Function => {}
        SpanKind::LlmCall | SpanKind::Embedding => {
            let answered = record.meta_str(meta::MODEL).map(str::to_owned);
            let model = answered.or_else(|| record.request_model());
            if let Some(model) = model {
                let _ = write!(name, " · {}", one_line(&model, MAX_LABEL));
            }
        }
        kind => {
            let _ = write!(name, " · {}", kind.as_str().replace('_', " "));
        }
    }
    name
}

fn row(label: String, record: &Record, style: Style) -> Row {
    let latency = record
        .latency()
        .filter(|_| !style.timeless)
        .map(duration)
        .unwrap_or_default();
    let tokens = match (
        record.meta_u64(meta::INPUT_TOKENS),
        record.meta_u64(meta::OUTPUT_TOKENS),
    ) {
        (None, None) => String::new(),
        (input, output) => format!("{} → {} tok", input.unwrap_or(0), output.unwrap_or(0)),
    };
    let cost = record.meta_f64(meta::COST_USD).map(usd).unwrap_or_default();
    let (note, paint) = note(record);
    Row {
        cells: [label, latency, tokens, cost],
        note,
        paint,
    }
}

fn note(record: &Record) -> (String, &'static str) {
    match (record.status, &record.error) {
        (Some(Status::Error), Some(error))
            if error.kind.is_empty() || error.message.starts_with(&error.kind) =>
        {
            (format!("✗ {}", one_line(&error.message, MAX_ERROR)), RED)
        }
        (Some(Status::Error), Some(error)) => (
            format!(
                "✗ {}: {}",
                one_line(&error.kind, MAX_LABEL),
                one_line(&error.message, MAX_ERROR)
            ),
            RED,
        ),
        (Some(Status::Error), None) => ("✗ error".to_owned(), RED),
        (Some(Status::Cancelled), _) => ("cancelled".to_owned(), YELLOW),
        (Some(Status::Running) | None, _) => ("running".to_owned(), YELLOW),
        (Some(Status::Success), _) => match record.level {
            Some(Level::Warning) => ("⚠ warning".to_owned(), YELLOW),
            Some(Level::Error) => ("⚠ error".to_owned(), RED),
            _ => (String::new(), ""),
        },
    }
}

const RED: &str = "31";
const YELLOW: &str = "33";

fn paint(text: &str, code: &str, style: Style) -> String {
    if style.color && !code.is_empty() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Text of strangers for one line of a terminal: at most `max` characters, and none that moves the cursor
/// or turns the direction of what follows.
pub fn one_line(text: &str, max: usize) -> String {
    let mut line: String = text
        .chars()
        .take(max)
        .map(|c| {
            if c.is_control() || is_direction_mark(c) {
                ' '
            } else {
                c
            }
        })
        .collect();
    if text.chars().nth(max).is_some() {
        line.push('…');
    }
    line
}

/// Unicode's marks that turn the direction of text, which could make a line show what it is not.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A duration in three digits or so: `850 ns`, `12 µs`, `3.4 ms`, `1.25 s`, `2m 05s`.
pub fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos() as f64;
    match nanos {
        0.0..1e3 => format!("{nanos} ns"),
        1e3..1e6 => format!("{:.0} µs", nanos / 1e3),
        1e6..1e7 => format!("{:.1} ms", nanos / 1e6),
        1e7..1e9 => format!("{:.0} ms", nanos / 1e6),
        1e9..60e9 => format!("{:.2} s", nanos / 1e9),
        _ => format!(
            "{}m {:02}s",
            duration.as_secs() / 60,
            duration.as_secs() % 60
        ),
    }
}

/// A price in US dollars, to a hundredth of a cent or, where it is smaller, to two digits.
pub fn usd(cost: f64) -> String {
    if cost == 0.0 || cost >= 0.01 {
        format!("${cost:.4}")
    } else {
        let digits = (1.0 - cost.log10().floor()).clamp(4.0, 12.0) as usize;
        format!("${cost:.digits$}")
    }
}

#[cfg(test)]
mod tests;
