//! The keys of the attribute, and what a misspelt one was meant to be.

use std::fmt::{self, Display};

use syn::Ident;

/// What may stand in `#[trace(…)]`.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Key {
    Name,
    Tags,
    Metadata,
    Kind,
    Level,
    Session,
    User,
    MaxSteps,
    MaxTokens,
    MaxUsd,
    Skip,
    SkipAll,
    CaptureInput,
    CaptureOutput,
    Resumable,
    Crate,
}

impl Key {
    const ALL: [Key; 16] = [
        Key::Name,
        Key::Tags,
        Key::Metadata,
        Key::Kind,
        Key::Level,
        Key::Session,
        Key::User,
        Key::MaxSteps,
        Key::MaxTokens,
        Key::MaxUsd,
        Key::Skip,
        Key::SkipAll,
        Key::CaptureInput,
        Key::CaptureOutput,
        Key::Resumable,
        Key::Crate,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Key::Name => "name",
            Key::Tags => "tags",
            Key::Metadata => "metadata",
            Key::Kind => "kind",
            Key::Level => "level",
            Key::Session => "session",
            Key::User => "user",
            Key::MaxSteps => "max_steps",
            Key::MaxTokens => "max_tokens",
            Key::MaxUsd => "max_usd",
            Key::Skip => "skip",
            Key::SkipAll => "skip_all",
            Key::CaptureInput => "capture_input",
            Key::CaptureOutput => "capture_output",
            Key::Resumable => "resumable",
            Key::Crate => "crate",
        }
    }

    /// How the key is written, for messages.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Key::Name => "name = \"step\"",
            Key::Tags => "tags = [\"production\"]",
            Key::Metadata => "metadata = {\"key\": \"value\"}",
            Key::Kind => "kind = ToolCall",
            Key::Level => "level = Warning",
            Key::Session => "session = \"chat-1\"",
            Key::User => "user = \"ada\"",
            Key::MaxSteps => "max_steps = 20",
            Key::MaxTokens => "max_tokens = 50_000",
            Key::MaxUsd => "max_usd = 0.5",
            Key::Skip => "skip(argument)",
            Key::SkipAll => "skip_all",
            Key::CaptureInput => "capture_input = false",
            Key::CaptureOutput => "capture_output = false",
            Key::Resumable => "resumable",
            Key::Crate => "crate = path::to::carrot_ai",
        }
    }

    pub(crate) fn find(ident: &Ident) -> syn::Result<Key> {
        if let Some(key) = Key::ALL.into_iter().find(|key| ident == key.word()) {
            return Ok(key);
        }
        let word = ident.to_string();
        let message = match nearest(&word, Key::ALL.map(Key::word)) {
            Some(meant) => format!("unknown key `{word}`; did you mean `{meant}`?"),
            None => format!(
                "unknown key `{word}`; the keys are {}",
                list(Key::ALL.map(Key::word))
            ),
        };
        Err(syn::Error::new(ident.span(), message))
    }
}

impl Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

/// The candidate that `word` was probably meant to be.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // A third of the letters may be wrong: enough for a slip, too little for another word.
    let allowed = word.chars().count() / 3;
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let candidate_word = candidate.to_lowercase();
            (
                strsim::damerau_levenshtein(&word, &candidate_word),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `` `a`, `b` ``, for messages.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
