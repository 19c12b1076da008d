//! The price table: sorted lines of text, searched in place.

use super::Rates;

/// Comment, header, then one model a line, sorted by name in byte order.
const TABLE: &str = include_str!("../../data/model-prices.tsv");

/// The version of LiteLLM that the table was taken from.
pub fn version() -> &'static str {
    TABLE.split([' ', ',']).nth(2).unwrap_or_default()
}

/// The rates of exactly this name, by binary search over byte positions.
pub(super) fn exact(name: &str) -> Option<Rates> {
    let rows = rows();
    let bytes = rows.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes[..middle]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let end = bytes[middle..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(bytes.len(), |at| middle + at);
        let (model, cells) = rows[start..end]
            .split_once('\t')
            .unwrap_or((&rows[start..end], ""));
        match model.cmp(name) {
            std::cmp::Ordering::Equal => return Some(parse(cells)),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

/// Reads the cells after the name: the rates in the order of the header, then those of particular calls,
/// as `batch:…`, `>200000:…` or `batch>200000:…` with commas in place of tabs.
fn parse(cells: &'static str) -> Rates {
    let mut rates = Rates::default();
    let plain = rates.all().len();
    fill(&mut rates, cells.split('\t').take(plain));
    for cell in cells.split('\t').skip(plain) {
        let Some((when, cells)) = cell.split_once(':') else {
            continue;
        };
        let (tier, above) = when.split_once('>').unwrap_or((when, ""));
        let whole = match tier {
            "" => &mut rates,
            tier => rates.tier_mut(tier.into()),
        };
        match above.parse() {
            Ok(tokens) => {
                let mut long = Rates::default();
                fill(&mut long, cells.split(','));
                *whole = std::mem::take(whole).above(tokens, long);
            }
            Err(_) => fill(whole, cells.split(',')),
        }
    }
    rates
}

fn fill<'a>(rates: &mut Rates, cells: impl Iterator<Item = &'a str>) {
    for (rate, cell) in rates.all_mut().into_iter().zip(cells) {
        *rate = cell.parse().ok();
    }
}

/// The table without its two head lines.
fn rows() -> &'static str {
    TABLE.splitn(3, '\n').nth(2).unwrap_or_default()
}

/// Every name in the table, for the tests.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    rows().lines().filter_map(|line| line.split('\t').next())
}

/// The table's columns, for the tests.
#[cfg(test)]
pub(super) fn header() -> &'static str {
    TABLE.lines().nth(1).unwrap_or_default()
}
