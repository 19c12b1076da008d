//! The ways a body is put into its span.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericArgument, PathArguments, PathSegment, Token, Type, TypeImplTrait, TypeInfer,
    TypeParamBound,
};

use crate::parse::Function;

/// How the body runs, with the type that comes out of it. In that type each `impl Trait` is `_`,
/// since it can only be named by the signature.
pub(super) enum Shape {
    /// In a closure.
    Sync(Returns),
    /// In an async block.
    Async(Returns),
    /// In a closure that gives a future; the span lasts until the future has finished.
    Future(Returned),
    /// In place, with a guard before it.
    InPlace,
}

/// What a body gives.
pub(super) enum Returns {
    Unit,
    Never,
    Value(TokenStream),
}

/// The future that a function returns.
pub(super) struct Returned {
    pub(super) future: TokenStream,
    /// What it gives.
    pub(super) output: TokenStream,
    /// Whether it is a `Pin<Box<dyn …>>`.
    pub(super) boxed: bool,
}

impl Shape {
    pub(super) fn of(function: &Function) -> Shape {
        let Some(output) = function.output() else {
            return match function.sig.asyncness {
                Some(_) => Shape::Async(Returns::Unit),
                None if function.has("track_caller") => Shape::InPlace,
                None => Shape::Sync(Returns::Unit),
            };
        };
        if function.sig.asyncness.is_some() {
            return Shape::Async(Returns::of(output));
        }
        if function.has("track_caller") || returns_closure(output) {
            return Shape::InPlace;
        }
        match future(output) {
            Some((finished, boxed)) => Shape::Future(Returned {
                future: nameable(output),
                output: nameable(finished),
                boxed,
            }),
            None => Shape::Sync(Returns::of(output)),
        }
    }
}

impl Returns {
    fn of(output: &Type) -> Returns {
        match output {
            Type::Never(_) => Returns::Never,
            output => Returns::Value(nameable(output)),
        }
    }
}

/// `ty` with each `impl Trait` in it replaced by `_`.
fn nameable(ty: &Type) -> TokenStream {
    struct Infer;
    impl VisitMut for Infer {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::ImplTrait(opaque) = ty {
                let underscore_token = Token![_](opaque.impl_token.span);
                *ty = Type::Infer(TypeInfer { underscore_token });
            }
            visit_mut::visit_type_mut(self, ty);
        }
    }
    let mut ty = ty.clone();
    Infer.visit_type_mut(&mut ty);
    ty.into_token_stream()
}

/// Whether an `impl Fn(…)`, or anything else written with parentheses, is in `ty`. The types of a
/// closure's arguments are inferred from it, which works only while it is the body's own type.
fn returns_closure(ty: &Type) -> bool {
    struct Closures(bool);
    impl<'ast> Visit<'ast> for Closures {
        fn visit_type_impl_trait(&mut self, opaque: &'ast TypeImplTrait) {
            self.0 |= opaque
                .bounds
                .iter()
                .filter_map(last_segment)
                .any(|last| matches!(last.arguments, PathArguments::Parenthesized(_)));
            visit::visit_type_impl_trait(self, opaque);
        }
    }
    let mut closures = Closures(false);
    closures.visit_type(ty);
    closures.0
}

/// What the future in `impl Future<Output = T>` or `Pin<Box<dyn Future<Output = T>>>` gives, and
/// whether it is boxed.
fn future(ty: &Type) -> Option<(&Type, bool)> {
    if let Type::ImplTrait(opaque) = ty {
        return future_output(&opaque.bounds).map(|output| (output, false));
    }
    let Type::TraitObject(object) = only_argument(only_argument(ty, "Pin")?, "Box")? else {
        return None;
    };
    future_output(&object.bounds).map(|output| (output, true))
}

/// `T` of `name<T>`.
fn only_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match (arguments.args.first()?, arguments.args.len()) {
        (GenericArgument::Type(only), 1) if last.ident == name => Some(only),
        _ => None,
    }
}

/// `T` of `Future<Output = T>`, if nothing stands beside it that a wrapped future would not have.
fn future_output(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<&Type> {
    let mut output = None;
    for last in bounds.iter().filter_map(last_segment) {
        if last.ident == "Future" {
            output = associated_output(last);
        } else if !["Send", "Sync", "Unpin"]
            .iter()
            .any(|name| last.ident == name)
        {
            return None;
        }
    }
    output
}

fn associated_output(future: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &future.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(&assoc.ty),
        _ => None,
    })
}

/// The trait's own name; `None` for lifetimes and `use<…>`.
fn last_segment(bound: &TypeParamBound) -> Option<&PathSegment> {
    match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    }
}
