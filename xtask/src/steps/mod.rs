//! The steps of the check, in their order.

mod workspace;
mod examples;
pub(crate) mod dashboard;
mod browser;
mod conformance;
mod litellm;

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    Format,
    Build,
    Tests,
    Clippy,
    Docs,
    Examples,
    Dashboard,
    Browser,
    Conformance,
    Litellm,
}

impl Step {
    pub(crate) const ALL: [Step; 10] = [
        Step::Format,
        Step::Build,
        Step::Tests,
        Step::Clippy,
        Step::Docs,
        Step::Examples,
        Step::Dashboard,
        Step::Browser,
        Step::Conformance,
        Step::Litellm,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Step::Format => "format",
            Step::Build => "build",
            Step::Tests => "tests",
            Step::Clippy => "clippy",
            Step::Docs => "docs",
            Step::Examples => "examples",
            Step::Dashboard => "dashboard",
            Step::Browser => "browser",
            Step::Conformance => "conformance",
            Step::Litellm => "litellm",
        }
    }

    pub(crate) fn about(self) -> &'static str {
        match self {
            Step::Format => "the sources are formatted",
            Step::Build => "everything builds",
            Step::Tests => "every test and doctest",
            Step::Clippy => "no warnings",
            Step::Docs => "the documentation builds without warnings",
            Step::Examples => "the examples run",
            Step::Dashboard => "its types hold, and what is checked in is what its sources build",
            Step::Browser => "the dashboard in a browser, with `carrot serve`",
            Step::Conformance => "the Python SDKs with our collector",
            Step::Litellm => "every wrapped client with a LiteLLM proxy",
        }
    }

    /// The steps without whose success this one says nothing.
    pub(crate) fn needs(self) -> &'static [Step] {
        match self {
            Step::Tests | Step::Examples | Step::Browser | Step::Conformance | Step::Litellm => {
                &[Step::Build]
            }
            _ => &[],
        }
    }

    /// `is_full` adds what takes long.
    pub(crate) fn run(self, is_full: bool) -> anyhow::Result<()> {
        match self {
            Step::Format => workspace::format(),
            Step::Build => workspace::build(),
            Step::Tests => workspace::tests(is_full),
            Step::Clippy => workspace::clippy(is_full),
            Step::Docs => workspace::docs(),
            Step::Examples => examples::check(),
            Step::Dashboard => dashboard::check(),
            Step::Browser => browser::check(),
            Step::Conformance => conformance::check(),
            Step::Litellm => litellm::check(is_full),
        }
    }
}
