//! The user's statements.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::Parts;
use crate::parse::Binding;

/// The statements, behind `prologue`, for a `move` closure or an `async move` block.
///
/// `let _ = &c; let _ = &b; let _ = &a;` makes the closure take every argument, used or not, in
/// this order, which is the order in which it drops them: the last one first, as a function does.
pub(super) fn block(parts: &Parts<'_>, prologue: &TokenStream) -> Group {
    let here = Span::mixed_site();
    let keep = parts.bindings.iter().rev().map(|binding| {
        let Binding { ident, attrs, .. } = binding;
        quote_spanned!(here=> #(#attrs)* let _ = &#ident;)
    });
    let before = quote_spanned!(here=> #(#keep)* #prologue);
    let statements = statements(parts);
    match before.is_empty() {
        true => statements,
        false => {
            let mut block =
                Group::new(Delimiter::Brace, quote_spanned!(here=> #before #statements));
            block.set_span(here);
            block
        }
    }
}

/// The statements in the user's own braces: their edition decides when temporaries are dropped, and no statement stands
/// before the user's items, which clippy would warn of. An item that is nothing does; without it rustc would find the braces
/// of a single expression unnecessary.
pub(super) fn statements(parts: &Parts<'_>) -> Group {
    let statements = &parts.body.statements;
    let nothing = quote_spanned!(Span::mixed_site()=> const _: () = (););
    let mut block = Group::new(Delimiter::Brace, quote!(#nothing #statements));
    block.set_span(parts.body.span);
    block
}
