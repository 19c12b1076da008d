//! The function under the attribute.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, ReturnType, Signature, Token, Type, Visibility, braced};

use crate::sink::Sink;

/// A function with its body as raw tokens: what is not understood is not lost.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Option<Body>,
}

/// What stands between a function's braces.
pub(crate) struct Body {
    /// `#![…]`, which has to stay first.
    pub(crate) inner: Vec<Attribute>,
    pub(crate) statements: TokenStream,
    /// Of the braces.
    pub(crate) span: Span,
}

impl Function {
    /// `None` if `item` is something else; `sink` has been told then.
    pub(crate) fn parse(item: TokenStream, sink: &Sink) -> Option<Function> {
        let parsed = Function::read.parse2(item);
        parsed.map_err(|error| sink.push(error)).ok()
    }

    fn read(input: ParseStream<'_>) -> syn::Result<Function> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if !is_function(input) {
            return Err(not_a_function(input));
        }
        let sig = input.parse()?;
        let semicolon: Option<Token![;]> = input.parse()?;
        let body = match semicolon {
            Some(_) => None,
            None => Some(input.parse()?),
        };
        Ok(Function {
            attrs,
            vis,
            sig,
            body,
        })
    }

    /// Whether the function has the attribute `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.attrs.iter().any(|attr| attr.path().is_ident(name))
    }

    /// The returned type; `None` for `()`.
    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.sig.output {
            ReturnType::Type(_, ty) => match &**ty {
                Type::Tuple(tuple) if tuple.elems.is_empty() => None,
                ty => Some(ty),
            },
            ReturnType::Default => None,
        }
    }
}

impl Parse for Body {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let content;
        let braces = braced!(content in input);
        Ok(Body {
            inner: content.call(Attribute::parse_inner)?,
            statements: content.parse()?,
            span: braces.span.join(),
        })
    }
}

/// Whether the next tokens are `const async unsafe extern "C" fn` or some of them.
fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    while ahead.peek(Token![const])
        || ahead.peek(Token![async])
        || ahead.peek(Token![unsafe])
        || ahead.peek(Token![extern])
        || ahead.peek(syn::LitStr)
    {
        if ahead.parse::<TokenTree>().is_err() {
            return false;
        }
    }
    ahead.peek(Token![fn])
}

fn not_a_function(input: ParseStream<'_>) -> syn::Error {
    let what = match input.fork().call(Ident::parse_any) {
        Ok(word) if word == "impl" || word == "trait" || word == "mod" => {
            format!("`#[trace]` goes on a function; put it on the functions inside this `{word}`")
        }
        Ok(word) => format!("`#[trace]` goes on a function; this is a `{word}`"),
        Err(_) => "`#[trace]` goes on a function".to_owned(),
    };
    input.error(what)
}
