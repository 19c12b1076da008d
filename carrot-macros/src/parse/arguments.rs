//! The arguments that are recorded whole, each under its own name.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, Pat, PatIdent, PatType, Signature, Type};

use super::Args;
use super::inputs::is_cfg;

/// A parameter `ident: ty`.
pub(crate) struct Argument<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) cfgs: Vec<&'a Attribute>,
}

/// Those that are recorded; a parameter with any other pattern than a name is given as it stands.
pub(crate) fn arguments<'a>(
    sig: &'a Signature,
    args: &'a Args,
) -> impl Iterator<Item = Result<Argument<'a>, &'a PatType>> {
    let typed = sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(param) if args.capture_input => Some(param),
        _ => None,
    });
    typed.filter_map(|param| match &*param.pat {
        Pat::Ident(PatIdent { ident, .. }) if args.skips(ident) => None,
        Pat::Ident(PatIdent {
            ident,
            subpat: None,
            ..
        }) => Some(Ok(Argument {
            ident,
            ty: &param.ty,
            cfgs: param.attrs.iter().filter(is_cfg).collect(),
        })),
        _ => Some(Err(param)),
    })
}

impl Args {
    /// Whether `skip(…)` names it.
    pub(crate) fn skips(&self, ident: &Ident) -> bool {
        let word = ident.unraw();
        self.skip.iter().any(|skipped| skipped.unraw() == word)
    }
}
