//! Literals as JSON text (RFC 8259).

use std::fmt::Write;

use syn::parse::ParseStream;
use syn::{Ident, Lit, LitStr, Token, bracketed, token};

/// One literal, a list or an object of literals, as JSON text.
pub(super) fn parse(input: ParseStream<'_>) -> syn::Result<String> {
    if input.peek(token::Brace) {
        return object(input);
    }
    if input.peek(token::Bracket) {
        return list(input);
    }
    if input.peek(Ident) {
        let word: Ident = input.parse()?;
        return match word == "null" {
            true => Ok("null".to_owned()),
            false => Err(not_literal(word.span())),
        };
    }
    let minus: Option<Token![-]> = input.parse()?;
    let sign = if minus.is_some() { "-" } else { "" };
    let literal: Lit = input.parse().map_err(|error| not_literal(error.span()))?;
    match &literal {
        Lit::Int(number) => Ok(format!("{sign}{}", number.base10_digits())),
        // Rust's `1.` and `1e400` are no JSON numbers.
        Lit::Float(number) => match number.base10_parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(format!("{sign}{value:?}")),
            _ => Err(not_literal(number.span())),
        },
        Lit::Str(value) if minus.is_none() => Ok(quote(&value.value())),
        Lit::Char(value) if minus.is_none() => Ok(quote(value.value().encode_utf8(&mut [0; 4]))),
        Lit::Bool(value) if minus.is_none() => Ok(value.value.to_string()),
        _ => Err(not_literal(literal.span())),
    }
}

fn not_literal(span: proc_macro2::Span) -> syn::Error {
    syn::Error::new(
        span,
        "inside lists and objects only literals can be used; an expression can be a value of its own",
    )
}

fn list(input: ParseStream<'_>) -> syn::Result<String> {
    let content;
    bracketed!(content in input);
    let items = content.parse_terminated(parse, Token![,])?;
    let items: Vec<String> = items.into_iter().collect();
    Ok(format!("[{}]", items.join(",")))
}

fn object(input: ParseStream<'_>) -> syn::Result<String> {
    let content;
    syn::braced!(content in input);
    let mut members = Vec::new();
    while !content.is_empty() {
        let key: LitStr = content.parse()?;
        content.parse::<Token![:]>()?;
        members.push(member(&key.value(), &parse(&content)?));
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok(format!("{{{}}}", members.join(",")))
}

/// `"key":value`.
pub(crate) fn member(key: &str, value: &str) -> String {
    format!("{}:{value}", quote(key))
}

fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            control if control < ' ' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
