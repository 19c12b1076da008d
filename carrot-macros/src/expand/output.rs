//! Records what came out.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::Parts;
use super::input::capture;
use super::root::Root;
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
    let span = quote_spanned!(here=> #root::Span::);
    let split = split(parts, &span, &Ident::new("output", here));
    quote_spanned!(here=> |__to, __out| { #split })
}

/// The same for an item of a stream.
pub(super) fn item(parts: &Parts<'_>, ty: &TokenStream) -> TokenStream {
    let here = Span::mixed_site();
    let root = &parts.root;
    let items = quote_spanned!(here=> #root::Items::);
    let split = split(parts, &items, &Ident::new("item", here));
    // The type is said: it is all that some items have of an error's type.
    quote_spanned!(here=> |__to: &mut #root::Items<'_>, __out: &#ty| { #split })
}

/// Gives `__out` to a method of `__to`.
fn split(parts: &Parts<'_>, of: &TokenStream, success: &Ident) -> TokenStream {
    let here = Span::mixed_site();
    let root = &parts.root;
    let success = match parts.args.capture_output {
        true => {
            let value = capture(root, &quote_spanned!(here=> __ok));
            quote_spanned!(here=> (__ok) => #of #success(__to, #value))
        }
        false => quote_spanned!(here=> (_) => {}),
    };
    let error = error(root);
    quote_spanned! {here=>
        use #root::probes::*;
        match (&&#root::Probe(__out)).__carrot_split() {
            #root::core::result::Result::Ok #success,
            #root::core::result::Result::Err(__err) => #of error(__to, #error),
        }
    }
}

/// A closure that says what the error `__err` is.
pub(super) fn error(root: &Root) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        |__error| (&&&&&#root::Probe(__err)).__carrot_describe(__error)
    }
}
