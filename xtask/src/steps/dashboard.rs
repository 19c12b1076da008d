//! The dashboard's sources and what is built of them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::run::{run, target};
use crate::tools::{node, npm_packages, ui};

/// Builds it where the collector embeds it from.
pub(crate) fn build() -> anyhow::Result<()> {
    npm_packages()?;
    run(&mut node("npm", &["run", "check"])?)?;
    run(&mut node("npm", &["run", "build"])?)
}

/// Builds it elsewhere and compares.
pub(super) fn check() -> anyhow::Result<()> {
    npm_packages()?;
    run(&mut node("npm", &["run", "check"])?)?;
    let fresh = target().join("tools/dashboard");
    let arguments = ["run", "build", "--", "--emptyOutDir", "--outDir"];
    run(node("npm", &arguments)?.arg(&fresh))?;

    let built = files(&fresh)?;
    let checked_in = files(&ui().join("dist"))?;
    let names = built.keys().chain(checked_in.keys());
    let mut different: Vec<&str> = names
        .filter(|name| built.get(*name) != checked_in.get(*name))
        .map(String::as_str)
        .collect();
    different.sort_unstable();
    different.dedup();
    ensure!(
        different.is_empty(),
        "carrot-collector/ui/dist is not what the sources build ({}): run `cargo xtask ui` and commit it",
        different.join(", ")
    );
    println!(
        "All {} files of carrot-collector/ui/dist are what the sources build.",
        built.len()
    );
    Ok(())
}

/// Every file below a folder: its path in there, and its bytes.
fn files(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let cannot_read = |path: &Path| format!("cannot read {}", path.display());
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| cannot_read(&next))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
            let bytes = std::fs::read(&path).with_context(|| cannot_read(&path))?;
            files.insert(name, bytes);
        }
    }
    ensure!(!files.is_empty(), "{} is empty", folder.display());
    Ok(files)
}
