//! Absolute paths into the runtime.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::Path;

/// `::carrot_ai::__private`, or the same below the path that the user gave.
pub(super) struct Root(TokenStream);

impl Root {
    pub(super) fn new(path: Option<&Path>) -> Root {
        let here = Span::mixed_site();
        Root(match path {
            Some(path) => quote_spanned!(here=> #path::__private),
            None => quote_spanned!(here=> ::carrot_ai::__private),
        })
    }
}

impl Root {
    /// The same path, for an error that is to be shown at `span`.
    pub(super) fn located_at(&self, span: Span) -> Root {
        let respan = |mut token: TokenTree| {
            token.set_span(token.span().located_at(span));
            token
        };
        Root(self.0.clone().into_iter().map(respan).collect())
    }
}

impl ToTokens for Root {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
