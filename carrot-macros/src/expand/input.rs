//! Records the arguments.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::LitStr;
use syn::ext::IdentExt;

use super::root::Root;
use crate::parse::{Args, Binding};

/// `Span::input(…);`, or nothing if there is nothing to record.
pub(super) fn record(root: &Root, args: &Args, bindings: &[Binding]) -> TokenStream {
    let here = Span::mixed_site();
    let fields: Vec<TokenStream> = bindings
        .iter()
        .filter(|binding| args.capture_input && binding.recorded)
        .map(|binding| field(root, args, binding))
        .collect();
    if fields.is_empty() {
        return TokenStream::new();
    }
    quote_spanned! {here=>
        #root::Span::input(&mut __span, |__fields| {
            use #root::probes::*;
            #(#fields)*
        });
    }
}

fn field(root: &Root, args: &Args, binding: &Binding) -> TokenStream {
    let here = Span::mixed_site();
    let Binding { ident, attrs, .. } = binding;
    let name = LitStr::new(&ident.unraw().to_string(), here);
    if args
        .skip
        .iter()
        .any(|skipped| skipped.unraw() == ident.unraw())
    {
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
