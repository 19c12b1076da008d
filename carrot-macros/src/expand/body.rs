//! Runs the user's statements inside the span.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::output;
use super::root::Root;
use super::shape::{Returns, Shape};
use crate::parse::{Args, Binding, Body};

/// The last part of the traced function, which gives its value.
///
/// The closure or async block is the last expression, so that the type the function promises
/// reaches the user's statements.
pub(super) fn run(
    root: &Root,
    args: &Args,
    shape: &Shape,
    bindings: &[Binding],
    body: &Body,
) -> TokenStream {
    let here = Span::mixed_site();
    let value = || output::record(root, args);
    match shape {
        Shape::Sync(returns) => {
            let (ty, done) = match returns {
                Returns::Unit => (quote_spanned!(here=> ()), output::ignore()),
                Returns::Never => (quote_spanned!(here=> !), output::ignore()),
                Returns::Value(ty) => (ty.clone(), value()),
            };
            let body = block(bindings, &TokenStream::new(), body);
            quote_spanned!(here=> #root::Span::run(__span, move || -> #ty #body, #done))
        }
        Shape::Async(returns) => {
            // An async block cannot be given a type otherwise.
            let typed = |ty: TokenStream| quote_spanned!(here=> if false { return #root::returns::<#ty>(); });
            let (typed, done) = match returns {
                Returns::Unit => (typed(quote_spanned!(here=> ())), output::ignore()),
                Returns::Never => (TokenStream::new(), output::ignore()),
                Returns::Value(ty) => (typed(ty.clone()), value()),
            };
            let body = block(bindings, &typed, body);
            let mut future = quote_spanned!(here=> async move #body);
            if let Returns::Never = returns {
                future = quote_spanned!(here=> #root::future_of::<#root::Never, _>(#future));
            }
            quote_spanned!(here=> #root::Span::scope(__span, #future, #done).await)
        }
        Shape::Future {
            returned,
            output,
            boxed,
        } => {
            let body = block(bindings, &TokenStream::new(), body);
            let done = value();
            let future = quote_spanned! {here=>
                #root::Span::scope(__span, #root::future_of::<#output, _>(__future), #done)
            };
            let future = match boxed {
                true => quote_spanned!(here=> #root::std::boxed::Box::pin(#future)),
                false => future,
            };
            quote_spanned! {here=>
                let __future = #root::Span::call(&mut __span, move || -> #returned #body);
                #future
            }
        }
        Shape::InPlace => {
            let statements = &body.statements;
            quote_spanned! {here=>
                let __entered = #root::Span::enter(__span);
                #statements
            }
        }
    }
}

/// The user's statements between the user's own braces, whose edition decides when temporaries
/// are dropped.
///
/// `let _ = &c; let _ = &b; let _ = &a;` makes a closure take every argument, used or not, in this
/// order, and it is the order in which they are dropped: the last one first, as in a function.
fn block(bindings: &[Binding], typed: &TokenStream, body: &Body) -> Group {
    let here = Span::mixed_site();
    let keep = bindings.iter().rev().map(|binding| {
        let Binding { ident, attrs, .. } = binding;
        quote_spanned!(here=> #(#attrs)* let _ = &#ident;)
    });
    let statements = &body.statements;
    let mut block = Group::new(Delimiter::Brace, quote!(#(#keep)* #typed #statements));
    block.set_span(body.span);
    block
}
