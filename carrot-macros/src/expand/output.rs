//! Records what came out.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::Parts;
use super::input::capture;
use super::shape::Returns;

/// The closure for the end of the call.
pub(super) fn done(parts: &Parts<'_>, returns: &Returns) -> TokenStream {
    match returns {
        Returns::Unit | Returns::Never => quote_spanned!(Span::mixed_site()=> |_, _| {}),
        Returns::Value(_) => value(parts),
    }
}

/// An `Err` becomes the span's error, all else its output.
pub(super) fn value(parts: &Parts<'_>) -> TokenStream {
    let here = Span::mixed_site();
    let root = &parts.root;
    let success = match parts.args.capture_output {
        true => {
            let value = capture(root, &quote_spanned!(here=> __ok));
            quote_spanned!(here=> (__ok) => #root::Span::output(__span, #value))
        }
        false => quote_spanned!(here=> (_) => {}),
    };
    quote_spanned! {here=>
        |__span, __out| {
            use #root::probes::*;
            match (&&#root::Probe(__out)).__carrot_split() {
                #root::core::result::Result::Ok #success,
                #root::core::result::Result::Err(__err) => #root::Span::error(
                    __span,
                    |__error| (&&&&&#root::Probe(__err)).__carrot_describe(__error),
                ),
            }
        }
    }
}
