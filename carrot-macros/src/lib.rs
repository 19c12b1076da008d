//! The `#[trace]` attribute of `carrot-ai`.
//!
//! Read from top to bottom this crate is the way of one attribute: its tokens are parsed into
//! `parse::Args` and `parse::Function`, checked against each other, and expanded. Mistakes go
//! to the `sink::Sink`; the function is emitted in any case, so that an editor keeps working.

mod sink;
mod parse;
mod check;
mod expand;

use proc_macro2::TokenStream;

/// Records every call of a function as a span: its arguments by name, what it returned, how it
/// failed, and how long it took. Spans opened below it become its children.
///
/// ```text
/// use carrot_ai::trace;
///
/// #[trace]
/// fn plan(question: &str) -> Vec<String> { … }
///
/// #[trace("fetch")]
/// async fn fetch(url: &str) -> Result<String, reqwest::Error> { … }
///
/// #[trace(name = "answer", kind = Agent, tags = ["production"], metadata = {"version": 2}, skip(client))]
/// async fn answer(client: &Client<OpenAIConfig>, question: &str) -> anyhow::Result<String> { … }
/// ```
///
/// # Where it goes
///
/// On sync and async functions, on methods, in traits and in their impls, next to
/// `#[tokio::main]`, `#[tokio::test]` and `#[async_trait]` in either order. A declaration without
/// a body is left as it is. A `const fn` cannot be traced.
///
/// # Arguments
///
/// | argument | meaning | left out |
/// |---|---|---|
/// | `"name"` or `name = …` | the span's name: a string or an expression that gives one (`AsRef<str>`) | the function's name |
/// | `tags = ["a", B]` | strings or expressions that give one | none |
/// | `metadata = {"key": …}` | literals, lists and objects of literals, or expressions | none |
/// | `kind = ToolCall` | a `SpanKind`, also as it is written in a record: `"tool_call"` | `Function` |
/// | `level = Warning` | a `Level`, also as it is written in a record: `"WARNING"` | `Default` |
/// | `session = …`, `user = …` | the conversation it is part of, and for whom it runs, like a name | those of the spans above |
/// | `max_steps = …`, `max_tokens = …`, `max_usd = …` | what the model calls inside may spend together: numbers, or expressions that give one (`u64`, `f64`) | no ceiling |
/// | `skip(a, b)` | these arguments are marked as skipped instead of recorded | |
/// | `skip_all`, `capture_input = false` | no argument is recorded | recorded |
/// | `capture_output = false` | the returned value is not recorded; an `Err` still is | recorded |
/// | `resumable` | a recorded run can be resumed here: what is not skipped must be `Serialize + DeserializeOwned` | |
/// | `crate = path` | where `carrot_ai` is found | `::carrot_ai` |
///
/// Expressions are evaluated when the function is entered and tracing is on; they may use the
/// function's arguments.
///
/// # What is recorded
///
/// Arguments by name and the returned value: as JSON if the type is `Serialize`, else by `Debug`,
/// else the name of the type. A pattern is recorded by the names it binds. `self` is not recorded;
/// `r#type` is recorded as `type`. In generic code only what the bounds promise can be used: an
/// unbounded `T` is recorded by its type's name. A function that returns nothing has no output.
///
/// `Err` makes the span an error with the error's message, type and sources; so does a panic,
/// which goes on. A future that is dropped before it finished is recorded as cancelled.
///
/// Of a stream the items are recorded, as a list. An item that is an `Err` makes the span an error; a stream
/// that is dropped before its end is cancelled.
///
/// A resumable function is registered by its name, which therefore cannot be an expression. References among its
/// arguments are looked through (`&str` is read back as `String`); `&mut` and `impl Trait` arguments and patterns
/// have to be skipped. `self` is not an argument, and is not recorded.
///
/// # What stays as it was
///
/// Attributes and documentation stay on the function; lifetimes, borrows and the order in which
/// arguments are dropped do not change.
///
/// - An `async fn` opens its span at its first poll. A function that returns `impl Future<Output = …>`
///   or `Pin<Box<dyn Future<Output = …>>>` (what `#[async_trait]` makes) opens it when it is
///   called; its span lasts until that future has finished. Type aliases such as `BoxFuture` are
///   not seen through: there the span is the call that makes the future.
/// - The span of a function that returns `impl Stream<Item = …>` or `Pin<Box<dyn Stream<Item = …>>>`, or a
///   `Result` of one, lasts until the stream's end; so does that of an `async fn` or a future that gives one.
/// - A function under `#[track_caller]`, or one that returns `impl Fn(…)`, keeps its body in place
///   instead of moving it into a closure, which would lose the caller's location and the types of
///   the returned closure's arguments. Its returned value is not looked at. An `async fn` cannot
///   keep its body in place: there such a closure has to name the types of its arguments.
/// - The parts of an argument that its pattern does not bind, such as the second half of
///   `(a, _): (A, B)`, are dropped after the other arguments.
/// - `std::any::type_name` of a type that is declared inside of a traced function has a
///   `{{closure}}` in it.
/// - A type that is `Serialize` or `Debug` for one particular lifetime only needs `skip(…)`.
///
/// Without the feature `enabled` of `carrot-ai` the function is emitted as it is; mistakes in the attribute are
/// reported all the same.
#[proc_macro_attribute]
pub fn trace(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    rewrite(args.into(), item.into(), cfg!(feature = "enabled")).into()
}

/// [`trace`] on tokens that also exist outside of the compiler, for the tests. Where it is not enabled only mistakes
/// are reported.
fn rewrite(args: TokenStream, item: TokenStream, enabled: bool) -> TokenStream {
    let sink = sink::Sink::default();
    let args = parse::Args::parse(args, &sink);
    let function = parse::Function::parse(item.clone(), &sink);
    if let Some(function) = &function {
        check::check(&args, function, &sink);
    }
    let traced = function.filter(|_| enabled && sink.is_empty());
    let mut tokens = traced.map_or(item, |function| expand::expand(&args, function));
    tokens.extend(sink.into_tokens());
    tokens
}

#[cfg(test)]
mod tests;
