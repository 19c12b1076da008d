//! Records the arguments.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::LitStr;
use syn::ext::IdentExt;

use super::Parts;
use super::root::Root;
use crate::parse::Binding;

/// `Span::input(…);`, or nothing if there is nothing to record.
pub(super) fn record(parts: &Parts<'_>) -> TokenStream {
    let root = &parts.root;
    let record =
        |fields| quote_spanned!(Span::mixed_site()=> #root::Span::input(&mut __span, #fields););
    fields(parts).map(record).unwrap_or_default()
}

/// The closure that records the arguments, if there are any to record.
pub(super) fn fields(parts: &Parts<'_>) -> Option<TokenStream> {
    let root = &parts.root;
    let mut fields = parts
        .bindings
        .iter()
        .filter(|binding| parts.args.capture_input && binding.recorded)
        .map(|binding| field(parts, binding))
        .peekable();
    fields.peek()?;
    Some(quote_spanned! {Span::mixed_site()=>
        |__fields| {
            use #root::probes::*;
            #(#fields)*
        }
    })
}

fn field(parts: &Parts<'_>, binding: &Binding) -> TokenStream {
    let here = Span::mixed_site();
    let root = &parts.root;
    let Binding { ident, attrs, .. } = binding;
    let name = LitStr::new(&ident.unraw().to_string(), here);
    if parts.args.skips(ident) {
        return quote_spanned!(here=> #(#attrs)* #root::Fields::skipped(__fields, #name););
    }
    let value = capture(root, &quote_spanned!(here=> &#ident));
    quote_spanned!(here=> #(#attrs)* #root::Fields::field(__fields, #name, #value);)
}

/// A closure that records what `reference` points to, by the first probe that fits its type.
pub(super) fn capture(root: &Root, reference: &impl ToTokens) -> TokenStream {
    let here = Span::mixed_site();
    quote_spanned! {here=>
        |__value| (&&&&&#root::Probe(#reference)).__carrot_capture(__value)
    }
}
