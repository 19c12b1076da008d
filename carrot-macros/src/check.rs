//! What cannot be said of tokens alone: the attribute against its function.

use syn::ext::IdentExt;

use crate::parse::{Args, Function, bindings, nearest};
use crate::sink::Sink;

/// Tells `sink` what does not fit together.
pub(crate) fn check(args: &Args, function: &Function, sink: &Sink) {
    if let Some(keyword) = &function.sig.constness {
        sink.report(
            keyword,
            "a `const fn` cannot be traced, it may run while the program is built: \
             remove `const` or `#[trace]`",
        );
    }
    skipped(args, function, sink);
}

/// Every name in `skip(…)` is an argument, and named once.
fn skipped(args: &Args, function: &Function, sink: &Sink) {
    let known: Vec<String> = bindings(&mut function.sig.clone())
        .iter()
        .map(|binding| binding.ident.unraw().to_string())
        .collect();
    for (index, name) in args.skip.iter().enumerate() {
        let word = name.unraw().to_string();
        if args.skip[..index].contains(name) {
            sink.report(name, format!("`{word}` is skipped twice"));
        } else if !known.contains(&word) {
            let hint = match nearest(&word, known.iter().map(String::as_str)) {
                Some(meant) => format!("; did you mean `{meant}`?"),
                None => String::new(),
            };
            sink.report(name, format!("the function has no argument `{word}`{hint}"));
        }
    }
}
