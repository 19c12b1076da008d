//! A function becomes the same function with its body inside a span.

mod shape;
mod resumable;
mod site;
mod input;
mod sync;
mod future;
mod stream;
mod block;
mod output;
mod root;

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::parse::{Args, Binding, Body, Function, assignable, bindings};
use root::Root;
use shape::Shape;

/// What every part of the expansion is made from.
struct Parts<'a> {
    root: Root,
    args: &'a Args,
    bindings: Vec<Binding>,
    body: Body,
}

/// The traced function. A declaration without a body stays as it is.
pub(crate) fn expand(args: &Args, function: Function) -> TokenStream {
    let here = Span::mixed_site();
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
    let parts = Parts {
        root: Root::new(args.root.as_ref()),
        args,
        bindings: bindings(&mut sig),
        body,
    };
    let resumable = resumable::resumable(&parts, &sig);
    let open = site::open(&parts, &sig.ident);
    let run = match &shape {
        Shape::Sync(returns) => sync::closure(&parts, returns),
        Shape::InPlace => sync::in_place(&parts),
        Shape::Async(returns) => future::awaited(&parts, returns),
        Shape::Future(future, None) => future::returned(&parts, future),
        Shape::Future(future, Some(stream)) => stream::promised(&parts, future, stream),
        Shape::Stream(stream) => stream::returned(&parts, stream),
        Shape::AsyncStream(stream) => stream::awaited(&parts, stream),
    };
    // rustc does not see that what a closure owns is read when it is dropped, as it sees of an argument.
    let lint = (!matches!(shape, Shape::InPlace) && assignable(&sig))
        .then(|| quote_spanned!(here=> #[allow(unused_assignments)]));
    let inner = &parts.body.inner;
    let mut traced = Group::new(
        Delimiter::Brace,
        quote_spanned!(here=> #(#inner)* #resumable #open #run),
    );
    traced.set_span(parts.body.span);
    let mut tokens = quote_spanned!(here=> #(#attrs)* #lint #vis #sig);
    traced.to_tokens(&mut tokens);
    tokens
}
