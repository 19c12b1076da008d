//! Items between commas, each with its own mistakes.

use proc_macro2::TokenTree;
use syn::Token;
use syn::parse::ParseStream;

use crate::sink::Sink;

/// Reads items to the end of `input`. A mistake goes to `sink`, and reading goes on behind the
/// next comma.
pub(super) fn each(
    input: ParseStream<'_>,
    sink: &Sink,
    mut item: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) {
    while !input.is_empty() {
        match item(input) {
            Ok(()) if input.is_empty() || input.peek(Token![,]) => {}
            Ok(()) => sink.push(input.error("expected `,`")),
            Err(error) => sink.push(error),
        }
        // No token is left out by a parse that succeeds, so this cannot fail.
        while !input.is_empty() && !input.peek(Token![,]) {
            let _ = input.parse::<TokenTree>();
        }
        let _ = input.parse::<Option<Token![,]>>();
    }
}
