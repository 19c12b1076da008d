//! The names by which a function's arguments are known in its body.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, FnArg, Pat, PatIdent, Signature, parse_quote_spanned};

/// One name that the parameters bind.
pub(crate) struct Binding {
    pub(crate) ident: Ident,
    /// What a statement that uses the name needs: the parameter's `#[cfg]`, and clippy's leave to
    /// use a name such as `_unused`.
    pub(crate) attrs: Vec<Attribute>,
    /// `self` and `_` are kept alive like the others, but not recorded.
    pub(crate) recorded: bool,
}

/// Every name, in the order of the parameters.
///
/// A `_` behind another parameter gets a hidden name, so that its value is dropped in its turn.
pub(crate) fn bindings(sig: &mut Signature) -> Vec<Binding> {
    let mut bindings = Vec::new();
    for (index, input) in sig.inputs.iter_mut().enumerate() {
        let (attrs, names, recorded) = match input {
            FnArg::Receiver(receiver) => {
                let name = Ident::new("self", receiver.self_token.span);
                (&receiver.attrs, vec![name], false)
            }
            FnArg::Typed(param) if matches!(*param.pat, Pat::Wild(_)) => {
                if index == 0 {
                    continue;
                }
                let name = format_ident!("__arg{index}", span = Span::mixed_site());
                *param.pat = hidden(name.clone());
                (&param.attrs, vec![name], false)
            }
            FnArg::Typed(param) => {
                let mut names = Names::default();
                names.visit_pat(&param.pat);
                (&param.attrs, names.0, true)
            }
        };
        let cfgs: Vec<Attribute> = attrs.iter().filter(is_cfg).cloned().collect();
        bindings.extend(names.into_iter().map(|ident| {
            let mut attrs = cfgs.clone();
            if recorded && ident.to_string().starts_with('_') {
                attrs.push(parse_quote_spanned! {Span::mixed_site()=>
                    #[allow(clippy::used_underscore_binding)]
                });
            }
            Binding {
                ident,
                attrs,
                recorded,
            }
        }));
    }
    bindings
}

/// Whether the body may assign to an argument that it owns.
pub(crate) fn assignable(sig: &Signature) -> bool {
    #[derive(Default)]
    struct Mutable(bool);
    impl<'ast> Visit<'ast> for Mutable {
        fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
            self.0 |= pat.mutability.is_some() && pat.by_ref.is_none();
            visit::visit_pat_ident(self, pat);
        }
    }
    sig.inputs.iter().any(|input| match input {
        FnArg::Receiver(receiver) => receiver.mutability.is_some() && receiver.reference.is_none(),
        FnArg::Typed(param) => {
            let mut mutable = Mutable::default();
            mutable.visit_pat(&param.pat);
            mutable.0
        }
    })
}

pub(super) fn is_cfg(attr: &&Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}

fn hidden(ident: Ident) -> Pat {
    Pat::Ident(PatIdent {
        attrs: Vec::new(),
        by_ref: None,
        mutability: None,
        ident,
        subpat: None,
    })
}

/// The names of a pattern, each once: both sides of `A(x) | B(x)` bind the same one.
#[derive(Default)]
struct Names(Vec<Ident>);

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        if !self.0.contains(&pat.ident) {
            self.0.push(pat.ident.clone());
        }
        visit::visit_pat_ident(self, pat);
    }

    /// Names inside of an expression are not bound by the pattern.
    fn visit_expr(&mut self, _: &'ast Expr) {}
}
