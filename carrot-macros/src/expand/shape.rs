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
    /// In a closure that gives a future; the span lasts until the future has finished, and the stream that it
    /// may give.
    Future(Returned, Option<Returned>),
    /// In a closure that gives a stream; the span lasts until the stream's end.
    Stream(Returned),
    /// In an async block that gives a stream.
    AsyncStream(Returned),
    /// In place, with a guard before it.
    InPlace,
}

/// What a body gives.
pub(super) enum Returns {
    Unit,
    Never,
    Value(TokenStream),
}

/// The future or the stream that a function returns.
pub(super) struct Returned {
    /// The type as it is returned.
    pub(super) ty: TokenStream,
    /// What it gives: a future's output, a stream's item.
    pub(super) gives: TokenStream,
    /// The `Pin<Box<dyn …>>`, if it is one.
    pub(super) boxed: Option<TokenStream>,
    /// Whether it is in a `Result`.
    pub(super) fallible: bool,
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
            return match Returned::stream(output) {
                Some(stream) => Shape::AsyncStream(stream),
                None => Shape::Async(Returns::of(output)),
            };
        }
        if function.has("track_caller") || returns_closure(output) {
            return Shape::InPlace;
        }
        if let Some((future, finished)) = Returned::future(output) {
            return Shape::Future(future, Returned::stream(finished));
        }
        match Returned::stream(output) {
            Some(stream) => Shape::Stream(stream),
            None => Shape::Sync(Returns::of(output)),
        }
    }
}

impl Returned {
    /// `impl Future<Output = T>` or `Pin<Box<dyn Future<Output = T>>>`, with `T`.
    fn future(ty: &Type) -> Option<(Returned, &Type)> {
        let (output, boxed) = gives(ty, "Future", "Output")?;
        let future = Returned {
            ty: nameable(ty),
            gives: nameable(output),
            boxed: boxed.then(|| nameable(ty)),
            fallible: false,
        };
        Some((future, output))
    }

    /// `impl Stream<Item = T>` or `Pin<Box<dyn Stream<Item = T>>>`, or a `Result` of one.
    fn stream(ty: &Type) -> Option<Returned> {
        let result = first_argument(ty, "Result");
        let stream = result.unwrap_or(ty);
        let (item, boxed) = gives(stream, "Stream", "Item")?;
        Some(Returned {
            ty: nameable(ty),
            gives: nameable(item),
            boxed: boxed.then(|| nameable(stream)),
            fallible: result.is_some(),
        })
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

/// `T` of `impl Trait<Name = T>` or `Pin<Box<dyn Trait<Name = T>>>`, and whether it is boxed.
fn gives<'a>(ty: &'a Type, of: &str, name: &str) -> Option<(&'a Type, bool)> {
    if let Type::ImplTrait(opaque) = ty {
        return given(&opaque.bounds, of, name).map(|given| (given, false));
    }
    let Type::TraitObject(object) = only_argument(only_argument(ty, "Pin")?, "Box")? else {
        return None;
    };
    given(&object.bounds, of, name).map(|given| (given, true))
}

/// `T` of `name<T>`.
fn only_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    arguments(ty, name).filter(|arguments| arguments.len() == 1)?;
    first_argument(ty, name)
}

/// `T` of `name<T, …>`.
fn first_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    match arguments(ty, name)?.first()? {
        GenericArgument::Type(first) => Some(first),
        _ => None,
    }
}

fn arguments<'a>(ty: &'a Type, name: &str) -> Option<&'a Punctuated<GenericArgument, Token![,]>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if last.ident == name => Some(&arguments.args),
        _ => None,
    }
}

/// `T` of `Trait<Name = T>`, if nothing stands beside it that what is wrapped would not have.
fn given<'a>(
    bounds: &'a Punctuated<TypeParamBound, Token![+]>,
    of: &str,
    name: &str,
) -> Option<&'a Type> {
    let mut given = None;
    for last in bounds.iter().filter_map(last_segment) {
        if last.ident == of {
            given = associated(last, name);
        } else if !["Send", "Sync", "Unpin"]
            .iter()
            .any(|auto| last.ident == auto)
        {
            return None;
        }
    }
    given
}

fn associated<'a>(of: &'a PathSegment, name: &str) -> Option<&'a Type> {
    let PathArguments::AngleBracketed(arguments) = &of.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == name => Some(&assoc.ty),
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
