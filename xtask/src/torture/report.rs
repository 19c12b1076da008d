//! What came of it, in numbers and in full.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::crates::Crate;
use super::instrument::{Left, Marked};
use super::outcome::{Run, differences};

/// One crate, with the attribute and without.
pub(crate) struct Tortured {
    pub(crate) marked: Marked,
    pub(crate) before: Run,
    pub(crate) after: Run,
}

#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<String>,
    details: String,
    traced: usize,
    left: usize,
    tests: usize,
    failed: bool,
}

impl Report {
    pub(crate) fn add(&mut self, it: &Crate, tortured: anyhow::Result<Tortured>) {
        let name = format!("{} {}", it.name, it.version);
        let tortured = match tortured {
            Ok(tortured) => tortured,
            Err(error) => {
                self.failed = true;
                self.lines.push(format!("{name}: FAILED"));
                self.details += &format!("== {name} ==\n{error:#}\n\n");
                return;
            }
        };
        let Tortured {
            marked,
            before,
            after,
        } = &tortured;
        let traced: usize = marked.traced.iter().map(|(_, functions)| functions).sum();
        let differences = differences(&before.outcomes, &after.outcomes);
        let passed = after.outcomes.values().filter(|it| *it == "ok").count();
        self.failed |= !differences.is_empty();
        self.traced += traced;
        let left: usize = marked.left.iter().map(|left| left.functions).sum();
        self.left += left;
        self.tests += passed;
        self.lines.push(format!(
            "{name}: {traced} functions traced, {left} left out; {} tests, {passed} pass, {} end differently; \
             {} warnings became {}; {:.0} s became {:.0} s",
            after.outcomes.len(),
            differences.len(),
            before.warnings,
            after.warnings,
            before.took.as_secs_f64(),
            after.took.as_secs_f64(),
        ));
        self.detail(it, &name, marked, &differences);
    }

    fn detail(&mut self, it: &Crate, name: &str, marked: &Marked, differences: &[String]) {
        let mut by_reason: BTreeMap<_, Vec<&Left>> = BTreeMap::new();
        for left in &marked.left {
            by_reason.entry(left.reason).or_default().push(left);
        }
        let out = &mut self.details;
        // Writing to a String cannot fail.
        let _ = writeln!(out, "== {name} ==");
        for [file, before, after, why] in it.edits {
            let _ = writeln!(
                out,
                "Changed in both copies, {file}: {before} to {after}, since {why}"
            );
        }
        for difference in differences {
            let _ = writeln!(out, "DIFFERENT: {difference}");
        }
        for (reason, left) in by_reason {
            let functions: usize = left.iter().map(|left| left.functions).sum();
            let _ = writeln!(out, "\nLeft out, {functions}: {reason}");
            for left in left {
                let _ = writeln!(out, "  {}", left.place);
            }
        }
        out.push('\n');
    }

    pub(crate) fn summary(&self) -> String {
        format!(
            "{}\n{} functions traced, {} left out; {} tests pass with and without{}",
            self.lines.join("\n"),
            self.traced,
            self.left,
            self.tests,
            if self.failed { "; FAILED" } else { "" }
        )
    }

    pub(crate) fn text(&self) -> String {
        format!("{}\n\n{}", self.summary(), self.details)
    }

    pub(crate) fn is_clean(&self) -> bool {
        !self.failed
    }
}
