//! `kind = ToolCall`.

use syn::parse::ParseStream;
use syn::{Expr, ExprLit, ExprPath, Ident, Lit};

use super::key::{list, nearest};

/// The variants of the runtime's `SpanKind`, with the word each has in a record.
const KINDS: [(&str, &str); 12] = [
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
];

/// `ToolCall`, `SpanKind::ToolCall` or `"tool_call"`; gives the variant's name.
pub(super) fn parse(input: ParseStream<'_>) -> syn::Result<Ident> {
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
            return Err(syn::Error::new_spanned(
                value,
                "`kind` is one of the span kinds: write `kind = ToolCall`",
            ));
        }
    };
    let quoted = matches!(value, Expr::Lit(_));
    let word_of = |&(variant, wire): &(&'static str, &'static str)| match quoted {
        true => wire,
        false => variant,
    };
    if let Some((variant, _)) = KINDS.iter().find(|kind| word_of(kind) == word) {
        return Ok(Ident::new(variant, span));
    }
    let message = match nearest(&word, KINDS.iter().map(word_of)) {
        Some(meant) => format!("unknown span kind `{word}`; did you mean `{meant}`?"),
        None => format!(
            "unknown span kind `{word}`; the kinds are {}",
            list(KINDS.iter().map(word_of))
        ),
    };
    Err(syn::Error::new(span, message))
}
