//! Functions whose work is a future.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::block::block;
use super::shape::{Returned, Returns};
use super::{Parts, input, output};

/// The body of an `async fn`, as an async block inside of it.
pub(super) fn awaited(parts: &Parts<'_>, returns: &Returns) -> TokenStream {
    let root = &parts.root;
    let (inputs, future) = body(parts, returns);
    let done = output::done(parts, returns);
    quote_spanned! {Span::mixed_site()=>
        #inputs
        #root::Span::scope(__span, #future, #done).await
    }
}

/// What has to be said before the body's future is made, and that future.
pub(super) fn body(parts: &Parts<'_>, returns: &Returns) -> (TokenStream, TokenStream) {
    let here = Span::mixed_site();
    let root = &parts.root;
    let (inputs, mut prologue) = match input::fields(parts) {
        // A reference to an argument out here would keep a second copy of it in the future.
        Some(fields) => (
            quote_spanned!(here=> let __inputs = #root::Span::inputs(&mut __span);),
            quote_spanned!(here=> #root::Inputs::record(__inputs, #fields);),
        ),
        None => Default::default(),
    };
    // An async block cannot be given a type but by what it returns.
    let ty = match returns {
        Returns::Unit => Some(&quote_spanned!(here=> ())),
        Returns::Never => None,
        Returns::Value(ty) => Some(ty),
    };
    prologue
        .extend(ty.map(|ty| quote_spanned!(here=> if false { return #root::returns::<#ty>(); })));
    let body = block(parts, &prologue);
    let future = match returns {
        // `return` with such a type would warn of unreachable code.
        Returns::Never => {
            quote_spanned!(here=> #root::future_of::<#root::Never, _>(async move #body))
        }
        _ => quote_spanned!(here=> async move #body),
    };
    (inputs, future)
}

/// The body of a function that gives a future. What stands before the future runs inside the span
/// too, and the span goes on until the future has finished.
pub(super) fn returned(parts: &Parts<'_>, returned: &Returned) -> TokenStream {
    let root = &parts.root;
    let done = output::value(parts);
    promised(
        parts,
        returned,
        |promise| quote_spanned!(Span::mixed_site()=> #root::Span::scope(__span, #promise, #done)),
    )
}

/// The body of a function that gives a future, which goes on as `scope` says of the future it promised.
pub(super) fn promised(
    parts: &Parts<'_>,
    future: &Returned,
    scope: impl FnOnce(&TokenStream) -> TokenStream,
) -> TokenStream {
    let here = Span::mixed_site();
    let root = &parts.root;
    let input = input::record(parts);
    let body = block(parts, &TokenStream::new());
    let Returned {
        ty, gives, boxed, ..
    } = future;
    let scope = scope(&quote_spanned!(here=> #root::future_of::<#gives, _>(__future)));
    let scope = match boxed {
        Some(_) => quote_spanned!(here=> #root::std::boxed::Box::pin(#scope)),
        None => scope,
    };
    quote_spanned! {here=>
        #input
        let __future = #root::Span::call(&mut __span, move || -> #ty #body);
        #scope
    }
}
