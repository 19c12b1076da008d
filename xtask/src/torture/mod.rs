//! `cargo xtask torture`: `#[trace]` on every function of large crates, whose own tests must not notice.
//!
//! Each crate is copied twice out of the registry's sources. In one copy every function gets the attribute. Both are
//! built, both run the crate's own tests, and each test has to end the same in both. Everything happens in
//! `target/torture`; what was left out, and why, is in `report.txt` there.

mod crates;
mod instrument;
mod collector;
mod outcome;
mod report;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::run::{root, target};
use crates::{CRATES, Crate};
use instrument::{Left, Marked, Reason};
use report::{Report, Tortured};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Take only these crates
    #[arg(long, value_name = "CRATE", value_delimiter = ',')]
    only: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let scratch = target().join("torture");
    fs::create_dir_all(&scratch)?;
    let folders = crates::fetch(&scratch)?;
    let collector = collector::start()?;
    let mut report = Report::default();
    for it in &CRATES {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == it.name) {
            continue;
        }
        println!("\n== {} {} ==", it.name, it.version);
        let published = folders
            .get(it.name)
            .with_context(|| format!("cargo knows no folder of {}", it.name))?;
        let tortured = torture(it, published, &scratch, &collector);
        report.add(it, tortured);
    }
    let file = scratch.join("report.txt");
    fs::write(&file, report.text())?;
    println!("\n{}", report.summary());
    println!("All that was left out: {}", file.display());
    Ok(match report.is_clean() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn torture(
    it: &Crate,
    published: &Path,
    scratch: &Path,
    collector: &str,
) -> anyhow::Result<Tortured> {
    let plain = scratch.join("plain").join(it.name);
    let traced = scratch.join("traced").join(it.name);
    for folder in [&plain, &traced] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
    }
    crates::copy(it, published, &plain, None)?;
    crates::copy(it, published, &traced, Some(root()))?;
    let mut marked = Marked::default();
    for folder in it.folders() {
        instrument::folder(it, &traced.join(folder), &traced, &mut marked)?;
    }

    let build = |name: &str| scratch.join("build").join(name);
    let before = outcome::run(it, &plain, &build("plain"), collector)?;
    let after = outcome::run(it, &traced, &build("traced"), collector)?;
    leave_what_is_not_built(&mut marked, &traced, &build("traced"))?;
    Ok(Tortured {
        marked,
        before,
        after,
    })
}

/// Files of other platforms and features got the attribute too, but prove nothing.
fn leave_what_is_not_built(marked: &mut Marked, folder: &Path, build: &Path) -> anyhow::Result<()> {
    let built = outcome::sources(folder, build)?;
    for (file, functions) in &mut marked.traced {
        if *functions > 0 && !built.contains(file) {
            marked.left.push(Left {
                place: format!("{} ({functions} functions)", file.display()),
                functions: *functions,
                reason: Reason::NotBuilt,
            });
            *functions = 0;
        }
    }
    Ok(())
}
