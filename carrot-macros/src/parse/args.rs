//! What stands in `#[trace(…)]`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{
    Expr, ExprLit, Ident, Lit, LitBool, LitStr, Path, Token, bracketed, parenthesized, token,
};

use super::commas::each;
use super::key::Key;
use super::metadata::Data;
use super::{Text, variant};
use crate::sink::Sink;

/// The attribute's arguments.
pub(crate) struct Args {
    /// Absent: the function's name.
    pub(crate) name: Option<Text>,
    pub(crate) tags: Vec<Text>,
    pub(crate) metadata: Data,
    /// A variant of `SpanKind`.
    pub(crate) kind: Option<Ident>,
    /// A variant of `Level`.
    pub(crate) level: Option<Ident>,
    pub(crate) session: Option<Text>,
    pub(crate) user: Option<Text>,
    /// `max_steps` and the like, as they stand.
    pub(crate) budget: Vec<(Key, Expr)>,
    /// Arguments that are marked instead of recorded.
    pub(crate) skip: Vec<Ident>,
    pub(crate) capture_input: bool,
    pub(crate) capture_output: bool,
    /// The word itself, if it is there.
    pub(crate) resumable: Option<Ident>,
    /// Where `carrot_ai` is found.
    pub(crate) root: Option<Path>,
}

impl Default for Args {
    fn default() -> Self {
        Args {
            name: None,
            tags: Vec::new(),
            metadata: Data::default(),
            kind: None,
            level: None,
            session: None,
            user: None,
            budget: Vec::new(),
            skip: Vec::new(),
            capture_input: true,
            capture_output: true,
            resumable: None,
            root: None,
        }
    }
}

impl Args {
    /// Reads all that can be read; each mistake goes to `sink` and costs its own item only.
    pub(crate) fn parse(tokens: TokenStream, sink: &Sink) -> Args {
        let mut args = Args::default();
        let read = |input: ParseStream<'_>| {
            let mut seen = Vec::new();
            each(input, sink, |input| args.item(input, &mut seen, sink));
            Ok(())
        };
        // The only error of its own is of tokens left over inside of brackets, which is what a
        // mistake that was already reported leaves.
        if let Err(error) = read.parse2(tokens)
            && sink.is_empty()
        {
            sink.push(error);
        }
        args
    }

    fn item(
        &mut self,
        input: ParseStream<'_>,
        seen: &mut Vec<Key>,
        sink: &Sink,
    ) -> syn::Result<()> {
        if input.peek(LitStr) {
            let name: LitStr = input.parse()?;
            if seen.contains(&Key::Name) {
                return Err(syn::Error::new(name.span(), "the name is given twice"));
            }
            if !seen.is_empty() {
                return Err(syn::Error::new(
                    name.span(),
                    "a name without `name =` comes first",
                ));
            }
            seen.push(Key::Name);
            self.name = Some(Text::Literal(name));
            return Ok(());
        }
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected a name in quotes, or `key = value`"));
        }
        let word = input.call(Ident::parse_any)?;
        let key = Key::find(&word)?;
        if seen.contains(&key) {
            return Err(syn::Error::new(
                word.span(),
                format!("`{key}` is given twice"),
            ));
        }
        seen.push(key);
        match key {
            Key::SkipAll => {
                bare(input, &word)?;
                self.capture_input = false;
            }
            Key::Resumable => {
                bare(input, &word)?;
                self.resumable = Some(word);
            }
            Key::Skip => self.skip = skip(input, &word, sink)?,
            _ => {
                assign(input, &word, key)?;
                self.value(input, key, sink)?;
            }
        }
        Ok(())
    }

    /// What stands behind `key =`.
    fn value(&mut self, input: ParseStream<'_>, key: Key, sink: &Sink) -> syn::Result<()> {
        match key {
            Key::Name => self.name = Some(input.parse()?),
            Key::Tags => self.tags = tags(input, sink)?,
            Key::Metadata => self.metadata = Data::parse(input, sink)?,
            Key::Kind => self.kind = Some(variant::kind(input)?),
            Key::Level => self.level = Some(variant::level(input)?),
            Key::Session => self.session = Some(input.parse()?),
            Key::User => self.user = Some(input.parse()?),
            Key::MaxSteps | Key::MaxTokens | Key::MaxUsd => {
                self.budget.push((key, ceiling(input, key)?))
            }
            Key::CaptureInput => self.capture_input &= switch(input, key)?,
            Key::CaptureOutput => self.capture_output = switch(input, key)?,
            Key::Crate => self.root = Some(root(input)?),
            Key::Skip | Key::SkipAll | Key::Resumable => {}
        }
        Ok(())
    }
}

/// Makes sure that `word` stands alone.
fn bare(input: ParseStream<'_>, word: &Ident) -> syn::Result<()> {
    match input.is_empty() || input.peek(Token![,]) {
        true => Ok(()),
        false => Err(syn::Error::new(
            word.span(),
            format!("`{word}` takes no value"),
        )),
    }
}

/// Takes the `=` behind `word` and makes sure that something follows it.
fn assign(input: ParseStream<'_>, word: &Ident, key: Key) -> syn::Result<()> {
    let missing = || {
        let message = format!("`{key}` has no value: write `{}`", key.example());
        syn::Error::new(word.span(), message)
    };
    if !input.peek(Token![=]) {
        return Err(missing());
    }
    input.parse::<Token![=]>()?;
    match input.is_empty() || input.peek(Token![,]) {
        true => Err(missing()),
        false => Ok(()),
    }
}

fn skip(input: ParseStream<'_>, word: &Ident, sink: &Sink) -> syn::Result<Vec<Ident>> {
    if !input.peek(token::Paren) {
        let message = "`skip` names arguments: write `skip(a, b)`";
        return Err(syn::Error::new(word.span(), message));
    }
    let content;
    parenthesized!(content in input);
    if content.is_empty() {
        let message = "`skip()` names no argument; `skip_all` skips all of them";
        return Err(syn::Error::new(word.span(), message));
    }
    let mut names = Vec::new();
    each(&content, sink, |content| {
        let wanted = "`skip` takes the names of arguments: write `skip(a, b)`";
        if !content.peek(Ident::peek_any) {
            return Err(content.error(wanted));
        }
        names.push(content.call(Ident::parse_any)?);
        Ok(())
    });
    Ok(names)
}

fn tags(input: ParseStream<'_>, sink: &Sink) -> syn::Result<Vec<Text>> {
    if !input.peek(token::Bracket) {
        return Err(input.error("tags are a list: write `tags = [\"production\"]`"));
    }
    let content;
    bracketed!(content in input);
    let mut tags = Vec::new();
    each(&content, sink, |content| {
        tags.push(content.parse()?);
        Ok(())
    });
    Ok(tags)
}

fn switch(input: ParseStream<'_>, key: Key) -> syn::Result<bool> {
    let wanted = format!("`{key}` is `true` or `false`");
    if !input.peek(LitBool) {
        return Err(input.error(wanted));
    }
    input.parse().map(|value: LitBool| value.value)
}

/// A number above zero, or an expression for one.
fn ceiling(input: ParseStream<'_>, key: Key) -> syn::Result<Expr> {
    let ceiling: Expr = input.parse()?;
    let Expr::Lit(ExprLit { lit, .. }) = &ceiling else {
        return Ok(ceiling);
    };
    let number = match lit {
        Lit::Int(number) => number.base10_parse::<u64>().ok().map(|it| it as f64),
        Lit::Float(number) if key == Key::MaxUsd => number.base10_parse::<f64>().ok(),
        _ => None,
    };
    match number {
        Some(number) if number > 0.0 => Ok(ceiling),
        Some(_) => Err(syn::Error::new(
            lit.span(),
            format!("with `{key}` at zero no model call could be made: leave it out, or raise it"),
        )),
        None => Err(syn::Error::new(
            lit.span(),
            format!("`{key}` is a number: write `{}`", key.example()),
        )),
    }
}

fn root(input: ParseStream<'_>) -> syn::Result<Path> {
    if input.peek(Lit) {
        return Err(input.error("`crate` is a path, without quotes: write `crate = my::carrot_ai`"));
    }
    input.call(Path::parse_mod_style)
}
