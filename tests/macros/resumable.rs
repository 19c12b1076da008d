//! Functions that are registered by name, with arguments that can be read back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use carrot_ai::testing::capture;
use carrot_ai::{resumable_functions, trace};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{block_on, span};

#[derive(Serialize, Deserialize)]
struct Plan {
    steps: Vec<String>,
}

struct Client;

#[trace("resumable: borrowed", resumable)]
fn borrowed(
    text: &str,
    list: &[Plan],
    path: &Path,
    nested: Option<&str>,
    deep: &BTreeMap<u8, Vec<&[&str]>>,
    plan: &Plan,
    either: Cow<'_, str>,
) -> usize {
    text.len()
        + list.len()
        + path.as_os_str().len()
        + nested.map_or(0, str::len)
        + deep.len()
        + plan.steps.len()
        + either.len()
}

#[trace("resumable: generic", resumable)]
async fn generic<T: Serialize + DeserializeOwned, U>(first: T, r#type: u8, other: Option<T>) -> u8 {
    let _ = (first, other, size_of::<U>());
    r#type
}

impl Plan {
    #[trace("resumable: method", resumable, skip(client))]
    fn method(
        &mut self,
        client: &mut Client,
        #[cfg(any())] absent: Client,
        #[cfg(not(any()))] mut step: String,
    ) -> usize {
        let Client = client;
        step.push('!');
        self.steps.push(step);
        self.steps.len()
    }
}

trait Asks {
    #[trace("resumable: default method", resumable)]
    fn ask(&self, question: String) -> String {
        question
    }
}

#[trace("resumable: nothing recorded", resumable, skip_all)]
fn nothing_recorded(_: Client, other: impl Fn()) {
    other();
}

/// Those of this file: there are two of one name elsewhere.
fn registered(name: &str) -> Option<&'static [&'static str]> {
    let mut functions = resumable_functions().iter();
    functions
        .find(|function| function.name == name)
        .inspect(|function| assert_eq!(function.module, module_path!()))
        .map(|function| function.arguments)
}

#[test]
fn they_are_registered_by_name_before_they_are_called() {
    #[trace("resumable: inside of a function", resumable)]
    fn inside(_number: u8) {}
    let _ = inside;
    #[allow(dead_code)]
    #[trace(resumable)]
    fn never_called_nor_named() {}

    let arguments = ["text", "list", "path", "nested", "deep", "plan", "either"];
    assert_eq!(registered("resumable: borrowed"), Some(&arguments[..]));
    assert_eq!(
        registered("resumable: generic"),
        Some(&["first", "type", "other"][..])
    );
    assert_eq!(registered("resumable: method"), Some(&["step"][..]));
    assert_eq!(
        registered("resumable: default method"),
        Some(&["question"][..])
    );
    assert_eq!(registered("resumable: nothing recorded"), Some(&[][..]));
    assert_eq!(
        registered("resumable: inside of a function"),
        Some(&["_number"][..])
    );
    assert_eq!(registered("never_called_nor_named"), Some(&[][..]));
    assert_eq!(registered("span"), None);
}

#[test]
fn their_spans_say_so() {
    #[trace(resumable, metadata = {"version": 2})]
    fn with_metadata() {}
    let traces = capture(|| {
        let mut plan = Plan { steps: Vec::new() };
        plan.method(&mut Client, "think".to_owned());
        block_on(generic::<u8, u8>(1, 2, None));
        let text = Cow::Borrowed("text");
        borrowed(
            "a",
            &[],
            Path::new("."),
            None,
            &BTreeMap::new(),
            &plan,
            text,
        );
        struct Asker;
        impl Asks for Asker {}
        Asker.ask("why".to_owned());
        nothing_recorded(Client, || {});
        with_metadata();
    });
    let spans: Vec<_> = traces.spans().collect();
    assert_eq!(spans.len(), 6);
    for span in spans {
        assert_eq!(span.metadata()["resumable"], true, "{}", span.name());
    }
    assert_eq!(span(&traces, "with_metadata").metadata()["version"], 2);
    assert_eq!(span(&traces, "resumable: method").input()["step"], "think");
}

#[trace("resumable: twice", resumable)]
fn one() {}

mod other {
    #[carrot_ai::trace("resumable: twice", resumable)]
    pub(super) fn another() {}
}

#[test]
#[ignore = "run by the test below, in a process of its own"]
fn asks_for_the_list() {
    let _ = (one, other::another);
    assert!(!resumable_functions().is_empty());
    assert!(!resumable_functions().is_empty());
}

#[test]
fn a_name_that_is_given_twice_is_one_warning() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "resumable::asks_for_the_list",
            "--ignored",
            "--nocapture",
        ])
        .output()
        .unwrap();
    assert!(output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    let warnings: Vec<_> = errors
        .lines()
        .filter(|line| line.starts_with("carrot: "))
        .collect();
    assert_eq!(warnings.len(), 1, "{errors}");
    let expected = "\"resumable: twice\", in macros::resumable and in macros::resumable::other";
    assert!(warnings[0].contains(expected), "{errors}");
}
