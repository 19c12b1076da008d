//! Records what came out.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::input::capture;
use super::root::Root;
use crate::parse::Args;

/// A closure for the end of the call: an `Err` becomes the span's error, all else its output.
pub(super) fn record(root: &Root, args: &Args) -> TokenStream {
    let here = Span::mixed_site();
    let value = capture(root, &quote_spanned!(here=> __ok));
    let success = match args.capture_output {
        true => quote_spanned!(here=> #root::Span::output(__span, #value)),
        false => quote_spanned!(here=> {}),
    };
    quote_spanned! {here=>
        |__span, __out| {
            use #root::probes::*;
            match (&&#root::Probe(__out)).__carrot_split() {
                #root::core::result::Result::Ok(__ok) => #success,
                #root::core::result::Result::Err(__err) => #root::Span::error(
                    __span,
                    |__error| (&&&&&#root::Probe(__err)).__carrot_describe(__error),
                ),
            }
        }
    }
}

/// The same for a function whose value says nothing.
pub(super) fn ignore() -> TokenStream {
    quote_spanned!(Span::mixed_site()=> |_, _| {})
}
