//! `kind = ToolCall` and `level = Warning`.

use syn::parse::ParseStream;
use syn::{Expr, ExprLit, ExprPath, Ident, Lit};

use super::key::{Key, list, nearest};

/// An enum of the runtime's.
struct Enum {
    /// What one of its variants is, for messages.
    what: &'static str,
    plural: &'static str,
    /// Each with the word it has in a record.
    variants: &'static [(&'static str, &'static str)],
}

const KINDS: Enum = Enum {
    what: "span kind",
    plural: "kinds",
    variants: &[
        ("Function", "function"),
        ("LlmCall", "llm_call"),
        ("ToolCall", "tool_call"),
        ("ToolResult", "tool_result"),
        ("Retrieval", "retrieval"),
        ("Embedding", "embedding"),
        ("Agent", "agent"),
        ("Reasoning", "reasoning"),
        ("Action", "action"),
        ("Event", "event"),
        ("Error", "error"),
        ("ForkPoint", "fork_point"),
    ],
};

const LEVELS: Enum = Enum {
    what: "level",
    plural: "levels",
    variants: &[
        ("Debug", "DEBUG"),
        ("Default", "DEFAULT"),
        ("Warning", "WARNING"),
        ("Error", "ERROR"),
    ],
};

/// `ToolCall`, `SpanKind::ToolCall` or `"tool_call"`; gives the variant's name.
pub(super) fn kind(input: ParseStream<'_>) -> syn::Result<Ident> {
    variant(input, Key::Kind, &KINDS)
}

/// `Warning`, `Level::Warning` or `"WARNING"`; gives the variant's name.
pub(super) fn level(input: ParseStream<'_>) -> syn::Result<Ident> {
    variant(input, Key::Level, &LEVELS)
}

fn variant(input: ParseStream<'_>, key: Key, one_of: &Enum) -> syn::Result<Ident> {
    let Enum {
        what,
        plural,
        variants,
    } = one_of;
    let value: Expr = input.parse()?;
    let (word, span) = match &value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => (text.value(), text.span()),
        Expr::Path(ExprPath { path, .. }) if !path.segments.is_empty() => {
            let last = &path.segments[path.segments.len() - 1].ident;
            (last.to_string(), last.span())
        }
        _ => {
            let message = format!("`{key}` is one of the {what}s: write `{}`", key.example());
            return Err(syn::Error::new_spanned(value, message));
        }
    };
    let quoted = matches!(value, Expr::Lit(_));
    let word_of = |&(variant, wire): &(&'static str, &'static str)| match quoted {
        true => wire,
        false => variant,
    };
    if let Some((variant, _)) = variants.iter().find(|it| word_of(it) == word) {
        return Ok(Ident::new(variant, span));
    }
    let message = match nearest(&word, variants.iter().map(word_of)) {
        Some(meant) => format!("unknown {what} `{word}`; did you mean `{meant}`?"),
        None => format!(
            "unknown {what} `{word}`; the {plural} are {}",
            list(variants.iter().map(word_of))
        ),
    };
    Err(syn::Error::new(span, message))
}
