//! What the attribute makes of a function, and what it says of mistakes.

use proc_macro2::TokenStream;
use quote::quote;

use super::rewrite;

/// The expansion, formatted.
fn expansion(args: &str, item: &str) -> String {
    let parse = |text: &str| text.parse::<TokenStream>().unwrap();
    let tokens = rewrite(parse(args), parse(item), true);
    prettyplease::unparse(&syn::parse2(tokens).unwrap())
}

macro_rules! golden {
    ($name:ident: $args:literal, $item:literal) => {
        #[test]
        fn $name() {
            let expansion = expansion($args, $item);
            insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
                insta::assert_snapshot!(stringify!($name), expansion);
            });
        }
    };
}

golden!(bare: "", "/// Adds.\n#[must_use] pub fn add(a: u8, b: u8) -> u8 { a + b }");
golden!(unit: "", "fn tick() { #![allow(unused)] let x = 1; }");
golden!(result: "\"parse\"", "fn parse<'a>(text: &'a str) -> Result<impl Iterator<Item = u8> + 'a, ParseError> { body() }");
golden!(patterns: "skip(r#type)", "fn f(&mut self, (mut a, _): (A, B), Point { x, y: [first, ..] }: Point, _: C, r#type: T, #[cfg(unix)] _unused: D) -> u8 { 1 }");
golden!(everything: r##"
    name = format!("step {}", index),
    kind = "tool_call",
    tags = ["fast", TAG, "cheap"],
    metadata = {"text": "a \"b\"\n\u{1}", "n": -1, "f": 1e3, "list": [1, [true, null], {"k": 'c'}], "sum": index + 1, "array": [index, 2]},
    skip_all, capture_output = false, crate = crate::deep::carrot
"##, "fn step(index: usize) -> Option<u8> { None }");
golden!(session: "level = \"WARNING\", session = chat.id, user = \"ada\"", "fn turn(chat: &Chat) {}");
golden!(budget: "max_steps = 20, max_tokens = limit, max_usd = 1", "fn answer(limit: u64) {}");
golden!(resumable: "\"plan\", resumable, skip(client)", "async fn f<T: Named>(&self, client: &Client, question: &str, #[cfg(unix)] parts: Vec<&[T]>) {}");
golden!(async_fn: "", "async fn fetch(&self, url: &str) -> Result<String, Error> { get(url).await }");
golden!(async_never: "capture_input = false", "async fn serve(port: u16) -> ! { loop { accept().await } }");
golden!(boxed_future: "", "fn fetch<'a>(url: &'a str) -> Pin<Box<dyn Future<Output = Result<&'a str, Error>> + Send + 'a>> { let earlier = 1; Box::pin(async move { get(url).await }) }");
golden!(impl_future: "", "fn fetch(url: &str) -> impl Future<Output = u8> + Send + '_ { async move { 1 } }");
golden!(impl_stream: "", "fn words(text: &str) -> impl Stream<Item = Result<&str, Error>> + Send { split(text) }");
golden!(async_stream: "capture_output = false", "async fn words() -> Result<Pin<Box<dyn Stream<Item = u8> + Send + 'static>>, Error> { open().await }");
golden!(promised_stream: "", "fn words() -> Pin<Box<dyn Future<Output = impl Stream<Item = u8>> + Send>> { Box::pin(open()) }");
golden!(in_place: "", "#[track_caller] unsafe extern \"C\" fn checked(a: u8) -> u8 { a }");
golden!(returned_closure: "", "fn limit(limit: usize) -> Option<impl Fn(&str) -> bool> { None }");
golden!(mistakes: "nam = 1, \"late\", skip(b, a, a), tags = [1, x y, \"ok\"], kind = Tool_Call, metadata = {key: 1, \"a\", \"b\": {\"c\": d}, \"e\": 1, \"e\": 2}, capture_input = 0, tags = [], capture_output, crate = \"x\", max_steps = 0, max_tokens = 1.5, max_usd = \"1\"", "const fn f(a: u8) { a }");
golden!(not_a_function: "", "pub struct Point { x: u8 }");

#[test]
fn a_declaration_stays_as_it_is() {
    let declaration = quote!(
        #[doc(hidden)]
        fn declared(&self, _: u8) -> u8;
    );
    let expansion = rewrite(TokenStream::new(), declaration.clone(), true);
    assert_eq!(expansion.to_string(), declaration.to_string());
}

#[test]
fn a_body_that_cannot_be_parsed_is_kept() {
    let unfinished = quote!(fn unfinished(a: u8) { let x = self.; a b });
    for args in [quote!(), quote!(unknown)] {
        let expansion = rewrite(args, unfinished.clone(), true).to_string();
        assert!(expansion.contains("let x = self . ; a b"), "{expansion}");
    }
}

#[test]
fn without_the_feature_the_function_stays_as_it_is() {
    let items = [
        quote!(
            /// Documented.
            #[must_use]
            pub(crate) async unsafe extern "C" fn f<'a, T: Copy>(
                &mut self,
                _: u8,
                (a, _): (u8, T),
            ) -> Result<impl Stream<Item = &'a T>, Error> {
                #![allow(unused)]
                inner(a).await?
            }
        ),
        quote!(
            #[track_caller]
            fn located() {}
        ),
        quote!(
            fn declared(&self, question: &str) -> Pin<Box<dyn Future<Output = u8>>>;
        ),
        quote!(fn unfinished(a: u8) { let x = self.; a b }),
    ];
    let attributes = [
        quote!(),
        quote!("name", resumable, skip_all),
        quote!(name = a.name, level = Warning, session = id(), tags = ["x"], metadata = {"k": a}),
    ];
    for item in items {
        for args in attributes.clone() {
            let same = rewrite(args, item.clone(), false);
            assert_eq!(same.to_string(), item.to_string());
        }
    }
}

#[test]
fn without_the_feature_mistakes_are_reported() {
    let item = quote!(
        fn f(a: u8) -> u8 {
            a
        }
    );
    let expansion = rewrite(quote!(nam = 1, skip(b)), item.clone(), false).to_string();
    let rest = expansion.strip_prefix(&item.to_string()).unwrap();
    assert_eq!(rest.matches("compile_error").count(), 2, "{rest}");
}
