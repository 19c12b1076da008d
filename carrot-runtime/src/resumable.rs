//! Functions that a recorded run can be resumed at.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::warn::warn_once;

/// A function under `#[trace(resumable)]`: known by its name, with arguments that can be read back from
/// a record.
///
/// See [`resumable_functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Resumable {
    /// The name of its spans.
    pub name: &'static str,
    /// The path of the module that it stands in.
    pub module: &'static str,
    /// The arguments that are recorded, in their order. Skipped ones and `self` are not among them.
    pub arguments: &'static [&'static str],
}

inventory::collect!(Resumable);

impl Resumable {
    /// For the expansion of `#[trace]`.
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        module: &'static str,
        arguments: &'static [&'static str],
    ) -> Resumable {
        Resumable {
            name,
            module,
            arguments,
        }
    }
}

/// Every function of the program under `#[trace(resumable)]`, called or not, by name.
///
/// The list is made by the linker, before `main`; a crate that nothing is used of is not linked, and not in it.
/// A record names the function by this name alone, so two of one name are a mistake, of which a line on
/// standard error warns when tracing starts or the list is asked for.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// for function in carrot_ai::resumable_functions() {
///     println!("{}::{} takes {:?}", function.module, function.name, function.arguments);
/// }
/// ```
pub fn resumable_functions() -> &'static [Resumable] {
    static SORTED: LazyLock<Vec<Resumable>> = LazyLock::new(|| {
        let mut functions: Vec<Resumable> = inventory::iter::<Resumable>().copied().collect();
        functions.sort_unstable();
        if let Some(message) = duplicate(&functions) {
            warn_once("resumable", &message);
        }
        functions
    });
    &SORTED
}

/// Says which name is given twice, and how many more are.
fn duplicate(sorted: &[Resumable]) -> Option<String> {
    let mut twice = sorted
        .windows(2)
        .filter(|pair| pair[0].name == pair[1].name);
    let pair = twice.next()?;
    let (name, first, second) = (pair[0].name, pair[0].module, pair[1].module);
    let others = match twice.count() {
        0 => String::new(),
        more => format!(" ({more} more such pairs)"),
    };
    Some(format!(
        "two resumable functions are called {name:?}, in {first} and in {second}: \
         give one of them another name, `#[trace(name = \"…\", resumable)]`{others}"
    ))
}

/// What may be an argument of a resumable function. References are looked through: in its place stands what it refers
/// to, and for what has no size of its own that which owns it.
#[diagnostic::on_unimplemented(
    message = "an argument of a resumable function must be `Serialize + DeserializeOwned`",
    label = "`{Self}` is not `Serialize + DeserializeOwned`",
    note = "a resumed run reads the argument back from its record: derive `serde::Serialize` and \
            `serde::Deserialize` for the type, or leave it out with `skip(…)`"
)]
pub trait Argument {
    /// As what it is read back.
    type Owned: Serialize + DeserializeOwned;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Argument for T {
    type Owned = T;
}

impl Argument for str {
    type Owned = String;
}

impl Argument for Path {
    type Owned = PathBuf;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Argument for [T] {
    type Owned = Vec<T>;
}

/// Compiles where `T` is an [`Argument`].
pub const fn argument<T: Argument + ?Sized>() {}

/// What `T` is read back as, where it stands behind a reference inside of another type.
pub type Owned<T> = <T as Argument>::Owned;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_given_twice_is_told() {
        let function = |name, module| Resumable::new(name, module, &[]);
        let distinct = [function("a", "app::x"), function("b", "app::x")];
        assert_eq!(duplicate(&distinct), None);
        let twice = [
            function("a", "app::x"),
            function("b", "app::x"),
            function("b", "app::y"),
            function("c", "app::y"),
            function("c", "app::y"),
        ];
        let message = duplicate(&twice).unwrap();
        assert!(
            message.contains("\"b\", in app::x and in app::y"),
            "{message}"
        );
        assert!(message.ends_with("(1 more such pairs)"), "{message}");
    }
}
