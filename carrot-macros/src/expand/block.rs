//! The user's statements.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::Parts;
use crate::parse::Binding;

/// The statements, behind `prologue`, for a `move` closure or an `async move` block. The braces
/// are the user's own: their edition decides when temporaries are dropped.
///
/// `let _ = &c; let _ = &b; let _ = &a;` makes the closure take every argument, used or not, in
/// this order, which is the order in which it drops them: the last one first, as a function does.
pub(super) fn block(parts: &Parts<'_>, prologue: &TokenStream) -> Group {
    let keep = parts.bindings.iter().rev().map(|binding| {
        let Binding { ident, attrs, .. } = binding;
        quote_spanned!(Span::mixed_site()=> #(#attrs)* let _ = &#ident;)
    });
    let statements = &parts.body.statements;
    let mut block = Group::new(Delimiter::Brace, quote!(#(#keep)* #prologue #statements));
    block.set_span(parts.body.span);
    block
}
