//! How a model is found by its name.

/// Model names longer than this are not looked up, so that a strange name costs no time.
const MAX_NAME: usize = 200;

/// What was found, and by how many bytes of the model's name.
pub(super) struct Found<T> {
    pub(super) value: T,
    /// The bytes of the name that had to be left out at its end.
    pub(super) rest: usize,
}

/// Looks a model up by `exact`: longest beginning first, and for each the most particular name first.
pub(super) fn find<T>(
    provider: &str,
    model: &str,
    exact: impl Fn(&str) -> Option<T>,
) -> Option<Found<T>> {
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
        if let Some(value) = found {
            let rest = full.len() - end;
            return Some(Found { value, rest });
        }
        end = full[..end].rfind(['-', ':', '@'])?;
    }
    None
}

/// Whether the end of a name only says which edition of the model it is: a date (`-2024-08-06`), a long
/// number (`-0613`) or `-latest`. A short number (`-5`) tells another model.
pub(super) fn is_edition(end: &str) -> bool {
    let digits = end.bytes().filter(u8::is_ascii_digit).count();
    let rest = end
        .bytes()
        .any(|it| !it.is_ascii_digit() && !b"-:@".contains(&it));
    end == "-latest" || (digits >= 3 && !rest)
}
