//! What cannot be said of tokens alone: the attribute against its function.

use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{Ident, Type, TypeImplTrait, TypeReference};

use crate::parse::{Args, Argument, Function, Text, arguments, bindings, nearest};
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
    if args.resumable.is_some() {
        resumable(args, function, sink);
    }
}

/// A resumed run finds the function by its name, and its arguments in the record by theirs.
fn resumable(args: &Args, function: &Function, sink: &Sink) {
    if let Some(Text::Expr(name)) = &args.name {
        sink.report(
            name,
            "a resumable function is found by its name: write one in quotes",
        );
    }
    for argument in arguments(&function.sig, args) {
        match argument {
            Err(param) => sink.report(
                &param.pat,
                "an argument of a resumable function needs a name of its own: write `name: …`; \
                 `skip(name)` leaves it out",
            ),
            Ok(Argument { ident, ty, .. }) => resumable_type(ident, ty, sink),
        }
    }
}

fn resumable_type(ident: &Ident, ty: &Type, sink: &Sink) {
    let mut opaque = Opaque::default();
    opaque.visit_type(ty);
    if let Some(opaque) = opaque.0 {
        sink.report(
            opaque,
            format!(
                "an argument of a resumable function is read back from a record, so its type needs \
                 a name: make it a type parameter, or leave it out with `skip({ident})`"
            ),
        );
    }
    if let Type::Reference(TypeReference {
        mutability: Some(_),
        ..
    }) = ty
    {
        sink.report(
            ty,
            format!(
                "what a resumable function writes through `&mut` is not in its record: take the \
                 value and return it, or leave it out with `skip({ident})`"
            ),
        );
    }
}

/// The first `impl Trait`.
#[derive(Default)]
struct Opaque<'ast>(Option<&'ast TypeImplTrait>);

impl<'ast> Visit<'ast> for Opaque<'ast> {
    fn visit_type_impl_trait(&mut self, opaque: &'ast TypeImplTrait) {
        self.0.get_or_insert(opaque);
    }
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
