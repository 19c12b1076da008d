//! A function becomes the same function with its body inside a span.

mod shape;
mod root;
mod site;
mod input;
mod output;
mod body;

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::parse::{Args, Function, bindings};
use root::Root;
use shape::Shape;

/// The traced function. A declaration without a body stays as it is.
pub(crate) fn expand(args: &Args, function: Function) -> TokenStream {
    let here = Span::mixed_site();
    let root = Root::new(args.root.as_ref());
    let shape = Shape::of(&function);
    let Function {
        attrs,
        vis,
        mut sig,
        body,
    } = function;
    let Some(body) = body else {
        return quote_spanned!(here=> #(#attrs)* #vis #sig;);
    };
    let bindings = bindings(&mut sig);
    let inner = &body.inner;
    let open = site::open(&root, args, &sig.ident);
    let input = input::record(&root, args, &bindings);
    let run = body::run(&root, args, &shape, &bindings, &body);
    let mut traced = Group::new(
        Delimiter::Brace,
        quote_spanned!(here=> #(#inner)* #open #input #run),
    );
    traced.set_span(body.span);
    let mut tokens = quote_spanned!(here=> #(#attrs)* #vis #sig);
    traced.to_tokens(&mut tokens);
    tokens
}
