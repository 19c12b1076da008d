//! Opens the span: what is known when the program is built stands in a static.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, LitStr};

use super::Parts;
use super::input::capture;
use super::root::Root;
use crate::parse::{Args, Key, Text};

/// `let mut __span = Span::open(…);`, and what can only be computed now.
pub(super) fn open(parts: &Parts<'_>, function: &Ident) -> TokenStream {
    let here = Span::mixed_site();
    let Parts { root, args, .. } = parts;
    let site = site(root, args, function);
    let computed = computed(root, args);
    quote_spanned! {here=>
        let mut __span = #root::Span::open({
            static SITE: #root::Site = #site;
            &SITE
        });
        #computed
    }
}

fn site(root: &Root, args: &Args, function: &Ident) -> TokenStream {
    let here = Span::mixed_site();
    let name = name(args, function);
    let mut site = quote_spanned! {here=>
        #root::Site::new(#name).location(
            #root::core::module_path!(),
            #root::core::file!(),
            #root::core::line!(),
        )
    };
    if let Some(kind) = &args.kind {
        site = quote_spanned!(here=> #site.kind(#root::SpanKind::#kind));
    }
    if let Some(level) = &args.level {
        site = quote_spanned!(here=> #site.level(#root::Level::#level));
    }
    let tags: Vec<&LitStr> = args.tags.iter().filter_map(literal).collect();
    if !tags.is_empty() {
        site = quote_spanned!(here=> #site.tags(&[#(#tags),*]));
    }
    let mut metadata = args.metadata.fixed.clone();
    metadata.extend(
        args.resumable
            .as_ref()
            .map(|_| "\"resumable\":true".to_owned()),
    );
    if !metadata.is_empty() {
        let object = format!("{{{}}}", metadata.join(","));
        let object = LitStr::new(&object, here);
        site = quote_spanned!(here=> #site.metadata(#object));
    }
    site
}

/// The name that is known when the program is built.
pub(super) fn name(args: &Args, function: &Ident) -> LitStr {
    match &args.name {
        Some(Text::Literal(name)) => name.clone(),
        _ => LitStr::new(&function.unraw().to_string(), Span::mixed_site()),
    }
}

fn literal(text: &Text) -> Option<&LitStr> {
    match text {
        Text::Literal(text) => Some(text),
        Text::Expr(_) => None,
    }
}

/// Session, user and budget; name, tags and metadata that are expressions.
fn computed(root: &Root, args: &Args) -> TokenStream {
    let here = Span::mixed_site();
    let mut texts = TokenStream::new();
    if let Some(Text::Expr(name)) = &args.name {
        let name = as_str(root, name);
        texts.extend(quote_spanned!(here=> #root::Span::rename(&mut __span, #name);));
    }
    for (text, set) in [(&args.session, "session"), (&args.user, "user")] {
        if let Some(text) = text {
            let set = Ident::new(set, here);
            let text = match text {
                Text::Literal(text) => text.to_token_stream(),
                Text::Expr(text) => as_str(root, text),
            };
            texts.extend(quote_spanned!(here=> #root::Span::#set(&mut __span, #text);));
        }
    }
    for tag in &args.tags {
        if let Text::Expr(tag) = tag {
            let tag = as_str(root, tag);
            texts.extend(quote_spanned!(here=> #root::Span::tag(&mut __span, #tag);));
        }
    }
    if !args.budget.is_empty() {
        let ceilings = args.budget.iter().map(|(key, ceiling)| {
            let set = Ident::new(key.word(), here);
            // One dollar may be written as 1.
            match (key, ceiling) {
                (Key::MaxUsd, Expr::Lit(number)) => quote_spanned!(here=> .#set(#number as f64)),
                _ => quote_spanned!(here=> .#set(#ceiling)),
            }
        });
        texts.extend(quote_spanned! {here=>
            #root::Span::budget(&mut __span, #root::budget() #(#ceilings)*);
        });
    }
    if args.resumable.is_some() {
        texts.extend(quote_spanned!(here=> #root::Span::keep_exchanges(&mut __span);));
    }
    if !texts.is_empty() {
        texts = quote_spanned!(here=> if #root::Span::is_recording(&__span) { #texts });
    }
    if args.metadata.computed.is_empty() {
        return texts;
    }
    let fields = args.metadata.computed.iter().map(|(key, value)| {
        let value = capture(root, &quote_spanned!(here=> &(#value)));
        quote_spanned!(here=> #root::Fields::field(__fields, #key, #value);)
    });
    quote_spanned! {here=>
        #texts
        #root::Span::metadata(&mut __span, |__fields| {
            use #root::probes::*;
            #(#fields)*
        });
    }
}

/// The text that an expression gives. That it gives none is said on the expression.
fn as_str(root: &Root, expr: &Expr) -> TokenStream {
    let there = Span::mixed_site().located_at(expr.span());
    quote_spanned!(there=> #root::core::convert::AsRef::<str>::as_ref(&(#expr)))
}
