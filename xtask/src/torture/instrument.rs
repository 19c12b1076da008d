//! Puts the attribute on every function of a source file.

use std::fmt::{self, Display};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ImplItemFn, ItemFn, ItemImpl, Macro, Signature, TraitItemFn, Visibility};

use super::crates::Crate;

const ATTRIBUTE: &str = "#[::carrot_ai::trace] ";

/// Why a function is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    Const,
    Macro,
    Allocator,
    Unparsed,
    NotBuilt,
    Named(&'static str),
}

impl Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Reason::Const => "a `const fn`: it may run while the program is built",
            Reason::Macro => "in a macro: there are tokens, and no function until it is expanded",
            Reason::Allocator => "of an allocator, which the recorder itself calls",
            Reason::Unparsed => "in a file that is no Rust of its own (a template)",
            Reason::NotBuilt => "in a file that is not built here (another platform or feature)",
            Reason::Named(why) => why,
        })
    }
}

/// A function that is left out, or a file of them.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) place: String,
    pub(crate) functions: usize,
    pub(crate) reason: Reason,
}

/// What was done to a crate, or to a file of it.
#[derive(Debug, Default)]
pub(crate) struct Marked {
    /// How many functions got the attribute, by the file they are in.
    pub(crate) traced: Vec<(PathBuf, usize)>,
    pub(crate) left: Vec<Left>,
}

/// Rewrites every file below `folder`; places are given relative to `root`.
pub(crate) fn folder(
    it: &Crate,
    folder: &Path,
    root: &Path,
    marked: &mut Marked,
) -> anyhow::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            self::folder(it, &path, root, marked)?;
        } else if path.extension().is_some_and(|it| it == "rs") {
            file(it, &path, root, marked)
                .with_context(|| format!("cannot rewrite {}", path.display()))?;
        }
    }
    Ok(())
}

fn file(it: &Crate, path: &Path, root: &Path, marked: &mut Marked) -> anyhow::Result<()> {
    let source = fs::read_to_string(path)?;
    let name = path.strip_prefix(root).unwrap_or(path).to_owned();
    let Ok(parsed) = syn::parse_file(&source) else {
        let place = name.display().to_string();
        marked.left.push(Left {
            place,
            // How many nobody knows.
            functions: 1,
            reason: Reason::Unparsed,
        });
        return Ok(());
    };
    let mut functions = Functions {
        file: &name,
        except: it.except,
        starts: Vec::new(),
        left: Vec::new(),
        allocator: false,
    };
    functions.visit_file(&parsed);
    marked.traced.push((name.clone(), functions.starts.len()));
    marked.left.append(&mut functions.left);
    let mut rewritten = source;
    functions.starts.sort_unstable();
    for &start in functions.starts.iter().rev() {
        rewritten.insert_str(start, ATTRIBUTE);
    }
    fs::write(path, rewritten)?;
    Ok(())
}

struct Functions<'a> {
    file: &'a Path,
    except: &'static [(&'static str, &'static str)],
    /// Where the attributes go, in bytes.
    starts: Vec<usize>,
    left: Vec<Left>,
    /// Whether this is inside of an `impl GlobalAlloc`.
    allocator: bool,
}

impl Functions<'_> {
    /// The attribute goes behind those that are there: `#[test]` is to see a function that is traced.
    fn function(&mut self, vis: &Visibility, sig: &Signature) {
        let place = format!("{}:{}", self.file.display(), sig.ident);
        let named = self.except.iter().find(|(end, _)| place.ends_with(end));
        let reason = match (&sig.constness, named) {
            (Some(_), _) => Reason::Const,
            (_, Some((_, why))) => Reason::Named(why),
            _ if self.allocator => Reason::Allocator,
            _ => {
                let first = match vis {
                    Visibility::Inherited => sig.span(),
                    vis => vis.span(),
                };
                self.starts.push(first.byte_range().start);
                return;
            }
        };
        self.leave(&sig.ident.to_string(), sig.ident.span(), reason);
    }

    fn leave(&mut self, name: &str, at: Span, reason: Reason) {
        let line = at.start().line;
        let place = format!("{}:{line} {name}", self.file.display());
        self.left.push(Left {
            place,
            functions: 1,
            reason,
        });
    }

    /// Everything that reads `fn name`.
    fn functions_in(&mut self, tokens: TokenStream) {
        let mut after_fn = false;
        for token in tokens {
            match token {
                TokenTree::Ident(name) if after_fn => {
                    self.leave(&name.to_string(), name.span(), Reason::Macro);
                    after_fn = false;
                }
                TokenTree::Ident(word) => after_fn = word == "fn",
                // `fn $name`
                TokenTree::Punct(dollar) if after_fn && dollar.as_char() == '$' => {}
                TokenTree::Group(group) => {
                    after_fn = false;
                    self.functions_in(group.stream());
                }
                _ => after_fn = false,
            }
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, it: &'ast ItemFn) {
        self.function(&it.vis, &it.sig);
        visit::visit_item_fn(self, it);
    }

    fn visit_impl_item_fn(&mut self, it: &'ast ImplItemFn) {
        match it.defaultness {
            Some(_) => self.leave(
                &it.sig.ident.to_string(),
                it.sig.ident.span(),
                Reason::Named("a `default fn`, which is not stable"),
            ),
            None => self.function(&it.vis, &it.sig),
        }
        visit::visit_impl_item_fn(self, it);
    }

    fn visit_trait_item_fn(&mut self, it: &'ast TraitItemFn) {
        if it.default.is_some() {
            self.function(&Visibility::Inherited, &it.sig);
        }
        visit::visit_trait_item_fn(self, it);
    }

    fn visit_item_impl(&mut self, it: &'ast ItemImpl) {
        let of = it
            .trait_
            .as_ref()
            .and_then(|(_, path, _)| path.segments.last());
        let outer = self.allocator;
        self.allocator |= of.is_some_and(|last| last.ident == "GlobalAlloc");
        visit::visit_item_impl(self, it);
        self.allocator = outer;
    }

    fn visit_macro(&mut self, it: &'ast Macro) {
        self.functions_in(it.tokens.clone());
    }
}
