//! Functions that have finished when they return.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::block::{block, statements};
use super::shape::Returns;
use super::{Parts, input, output};

/// The body as a closure. It stands in the function's last expression, so that the type that the
/// function promises reaches the user's statements.
pub(super) fn closure(parts: &Parts<'_>, returns: &Returns) -> TokenStream {
    let here = Span::mixed_site();
    let root = &parts.root;
    let input = input::record(parts);
    let body = block(parts, &TokenStream::new());
    let ty = match returns {
        Returns::Unit => &quote_spanned!(here=> ()),
        Returns::Never => &quote_spanned!(here=> !),
        Returns::Value(ty) => ty,
    };
    let done = output::done(parts, returns);
    quote_spanned! {here=>
        #input
        #root::Span::run(&mut __span, move || -> #ty #body, #done)
    }
}

/// The body where it was, behind a guard.
pub(super) fn in_place(parts: &Parts<'_>) -> TokenStream {
    let root = &parts.root;
    let input = input::record(parts);
    let statements = statements(parts);
    quote_spanned! {Span::mixed_site()=>
        #input
        let __entered = #root::Span::enter(__span);
        #statements
    }
}
