//! `metadata = {"key": value, …}`.

use std::collections::HashSet;

use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::{Expr, Ident, LitStr, Token, braced, token};

use super::commas::each;
use super::json;
use crate::sink::Sink;

/// What the metadata says, split by when it is known.
#[derive(Default)]
pub(crate) struct Data {
    /// `"key":value`, each ready to stand in an object.
    pub(crate) fixed: Vec<String>,
    /// Evaluated at each call.
    pub(crate) computed: Vec<(LitStr, Expr)>,
}

enum Value {
    Json(String),
    Expr(Expr),
}

impl Data {
    pub(super) fn parse(input: ParseStream<'_>, sink: &Sink) -> syn::Result<Data> {
        if !input.peek(token::Brace) {
            return Err(
                input.error("metadata is an object: write `metadata = {\"key\": \"value\"}`")
            );
        }
        let content;
        braced!(content in input);
        let mut data = Data::default();
        let mut seen = HashSet::new();
        each(&content, sink, |content| {
            let (key, value) = entry(content)?;
            if !seen.insert(key.value()) {
                let message = format!("the key {:?} is given twice", key.value());
                return Err(syn::Error::new(key.span(), message));
            }
            match value {
                Value::Json(value) => data.fixed.push(json::member(&key.value(), &value)),
                Value::Expr(value) => data.computed.push((key, value)),
            }
            Ok(())
        });
        Ok(data)
    }
}

fn entry(input: ParseStream<'_>) -> syn::Result<(LitStr, Value)> {
    if input.peek(Ident) {
        let word: Ident = input.parse()?;
        let message = format!("a metadata key stands in quotes: write `\"{word}\": …`");
        return Err(syn::Error::new(word.span(), message));
    }
    let key: LitStr = input.parse().map_err(|error| {
        syn::Error::new(error.span(), "expected a key in quotes: write `\"key\": …`")
    })?;
    let colon: Option<Token![:]> = input.parse()?;
    if colon.is_none() || input.is_empty() || input.peek(Token![,]) {
        let message = format!("{0:?} has no value: write `{0:?}: …`", key.value());
        return Err(syn::Error::new(key.span(), message));
    }
    Ok((key, value(input)?))
}

fn value(input: ParseStream<'_>) -> syn::Result<Value> {
    let ahead = input.fork();
    let literal = json::parse(&ahead);
    if literal.is_ok() && (ahead.is_empty() || ahead.peek(Token![,])) {
        input.advance_to(&ahead);
        return literal.map(Value::Json);
    }
    // An object is no Rust expression, so its own mistake is the one to show.
    match is_object(input) {
        true => json::parse(input).map(Value::Json),
        false => input.parse().map(Value::Expr),
    }
}

fn is_object(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let inside = |ahead: ParseStream<'_>| {
        let content;
        braced!(content in ahead);
        let object = content.is_empty() || (content.peek(LitStr) && content.peek2(Token![:]));
        content.parse::<proc_macro2::TokenStream>()?;
        Ok(object)
    };
    inside(&ahead).unwrap_or(false)
}
