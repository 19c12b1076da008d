//! A name or a tag: known when the program is built, or computed at each call.

use syn::parse::{Parse, ParseStream};
use syn::{Expr, ExprLit, Lit, LitStr};

/// Text in quotes, or an expression that gives some.
pub(crate) enum Text {
    Literal(LitStr),
    Expr(Box<Expr>),
}

impl Parse for Text {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        match input.parse()? {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Ok(Text::Literal(text)),
            Expr::Lit(other) => Err(syn::Error::new_spanned(
                other,
                "expected text in quotes, or an expression that gives text",
            )),
            expr => Ok(Text::Expr(Box::new(expr))),
        }
    }
}
