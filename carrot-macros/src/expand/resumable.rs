//! What makes a function resumable: it is registered by name, and its arguments can be read back.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{LitStr, Signature, Type, TypeReference, parse_quote_spanned};

use super::Parts;
use super::root::Root;
use super::site::name;
use crate::parse::arguments;

/// Items and statements that come before the span is opened; none of them does anything when the function runs.
pub(super) fn resumable(parts: &Parts<'_>, sig: &Signature) -> TokenStream {
    let here = Span::mixed_site();
    let Parts { root, args, .. } = parts;
    if args.resumable.is_none() {
        return TokenStream::new();
    }
    let mut names = Vec::new();
    let mut checks = TokenStream::new();
    for argument in arguments(sig, args).flatten() {
        let name = LitStr::new(&argument.ident.unraw().to_string(), here);
        let cfgs = &argument.cfgs;
        names.push(quote_spanned!(here=> #(#cfgs)* #name));
        let ty = owned(root, argument.ty);
        // The error is shown on the type that stands in the signature.
        let there = Span::mixed_site().located_at(argument.ty.span());
        let root = root.located_at(argument.ty.span());
        checks.extend(quote_spanned!(there=> #(#cfgs)* let _ = #root::argument::<#ty>;));
    }
    let name = name(args, &sig.ident);
    quote_spanned! {here=>
        #root::inventory::submit! {
            #root::Resumable::new(#name, #root::core::module_path!(), &[#(#names),*])
        }
        #checks
    }
}

/// What stands behind the outer reference, with each reference inside replaced by what owns its value: `&[&str]`
/// becomes `[String]`.
fn owned(root: &Root, ty: &Type) -> TokenStream {
    struct Owned<'a>(&'a Root);
    impl VisitMut for Owned<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            visit_mut::visit_type_mut(self, ty);
            if let Type::Reference(TypeReference { elem, .. }) = ty {
                let there = Span::mixed_site().located_at(elem.span());
                let root = self.0.located_at(elem.span());
                *ty = parse_quote_spanned!(there=> #root::Owned<#elem>);
            }
        }
    }
    let mut ty = ty.clone();
    while let Type::Reference(reference) = ty {
        ty = *reference.elem;
    }
    Owned(root).visit_type_mut(&mut ty);
    ty.into_token_stream()
}
