//! Functions whose work is a stream: the span lasts until its end.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::block::block;
use super::shape::{Returned, Returns};
use super::{Parts, future, input, output};

/// The body of a function that gives a stream. What stands before the stream runs inside the span too.
pub(super) fn returned(parts: &Parts<'_>, stream: &Returned) -> TokenStream {
    let here = Span::mixed_site();
    let root = &parts.root;
    let input = input::record(parts);
    let body = block(parts, &TokenStream::new());
    let ty = &stream.ty;
    let scope = scope(parts, stream, &Ident::new("__span", here));
    quote_spanned! {here=>
        #input
        let __stream = #root::Span::call(&mut __span, move || -> #ty #body);
        #scope
    }
}

/// The body of an `async fn` that gives a stream.
pub(super) fn awaited(parts: &Parts<'_>, stream: &Returned) -> TokenStream {
    let (inputs, future) = future::body(parts, &Returns::Value(stream.ty.clone()));
    let scope = after(parts, &future, stream);
    quote_spanned!(Span::mixed_site()=> #inputs #scope)
}

/// The body of a function that gives a future of a stream, which is what `#[async_trait]` makes of such a method.
pub(super) fn promised(parts: &Parts<'_>, future: &Returned, stream: &Returned) -> TokenStream {
    future::promised(parts, future, |promise| {
        let scope = after(parts, promise, stream);
        quote_spanned!(Span::mixed_site()=> async move { #scope })
    })
}

/// Runs `future` inside the span, which goes on in the stream that comes of it.
fn after(parts: &Parts<'_>, future: &TokenStream, stream: &Returned) -> TokenStream {
    let here = Span::mixed_site();
    let root = &parts.root;
    let scope = scope(parts, stream, &Ident::new("__kept", here));
    quote_spanned! {here=>
        let mut __kept = #root::Span::none();
        let __stream = #root::Span::scope(
            __span,
            #future,
            |__span, _| __kept = #root::Span::take(__span),
        ).await;
        #scope
    }
}

/// `__stream` inside the span of that name.
fn scope(parts: &Parts<'_>, stream: &Returned, span: &Ident) -> TokenStream {
    let here = Span::mixed_site();
    let root = &parts.root;
    let each = output::item(parts, &stream.gives);
    let error = output::error(root);
    let failed = quote_spanned! {here=>
        |__span, __err| {
            use #root::probes::*;
            #root::Span::error(__span, #error)
        }
    };
    let call = match (&stream.boxed, stream.fallible) {
        (None, false) => quote_spanned!(here=> __carrot_stream(#span, #each)),
        (Some(ty), false) => quote_spanned! {here=>
            __carrot_boxed(#span, #each, |__boxed| -> #ty { __boxed })
        },
        (None, true) => quote_spanned!(here=> __carrot_stream_result(#span, #each, #failed)),
        (Some(ty), true) => quote_spanned! {here=>
            __carrot_boxed_result(#span, #each, #failed, |__boxed| -> #ty { __boxed })
        },
    };
    let recorded = parts.args.capture_output;
    quote_spanned! {here=>
        use #root::probes::*;
        #root::Streamed(__stream, #recorded).#call
    }
}
