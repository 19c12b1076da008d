//! The price table: sorted lines of text, searched in place.

/// Comment, header, then one model a line, sorted by name in byte order.
const TABLE: &str = include_str!("../../data/model-prices.tsv");

/// Model names longer than this are not looked up, so that a strange name costs no time.
const MAX_NAME: usize = 200;

/// What a model's tokens cost, in USD per million. `None`: the table does not say.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Rates {
    /// Prompt tokens.
    pub input: Option<f64>,
    /// Answer tokens.
    pub output: Option<f64>,
    /// Prompt tokens read from the cache.
    pub cached: Option<f64>,
    /// Prompt tokens written to the cache.
    pub cache_write: Option<f64>,
    /// Reasoning tokens.
    pub reasoning: Option<f64>,
    long: Option<Long>,
}

/// Rates of calls with a long prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Long {
    /// They hold above this many input tokens.
    from: f64,
    input: Option<f64>,
    output: Option<f64>,
    cached: Option<f64>,
    cache_write: Option<f64>,
}

impl Rates {
    /// The rates that hold for a prompt of this many tokens.
    pub(super) fn for_input(&self, tokens: u64) -> Rates {
        match self.long {
            Some(long) if tokens as f64 > long.from => Rates {
                input: long.input.or(self.input),
                output: long.output.or(self.output),
                cached: long.cached.or(self.cached),
                cache_write: long.cache_write.or(self.cache_write),
                reasoning: self.reasoning.filter(|_| long.output.is_none()),
                long: None,
            },
            _ => *self,
        }
    }

    /// Reads the cells after the name, in the order of the header.
    fn parse(cells: &str) -> Rates {
        let mut cells = cells.split('\t').map(|cell| cell.parse().ok());
        let mut next = || cells.next().flatten();
        Rates {
            input: next(),
            output: next(),
            cached: next(),
            cache_write: next(),
            reasoning: next(),
            long: next().map(|from| Long {
                from,
                input: next(),
                output: next(),
                cached: next(),
                cache_write: next(),
            }),
        }
    }
}

/// The version of LiteLLM that the table was taken from.
pub fn version() -> &'static str {
    TABLE.split([' ', ',']).nth(2).unwrap_or_default()
}

/// Looks a model up, longest beginning first, and for each the most particular name first.
pub(super) fn find(provider: &str, model: &str) -> Option<Rates> {
    if provider.len() + model.len() > MAX_NAME {
        return None;
    }
    let full = format!("{provider}/{model}");
    let mut starts: Vec<usize> = full.match_indices('/').map(|(at, _)| at + 1).collect();
    starts.insert(0, 0);
    let mut end = full.len();
    while end > provider.len() + 1 {
        let found = starts
            .iter()
            .filter(|start| **start < end)
            .find_map(|start| exact(&full[*start..end]));
        if found.is_some() {
            return found;
        }
        end = full[..end].rfind(['-', ':', '@'])?;
    }
    None
}

/// The line of exactly this name, by binary search over byte positions.
fn exact(name: &str) -> Option<Rates> {
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
            std::cmp::Ordering::Equal => return Some(Rates::parse(cells)),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
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
