//! The crates that are put under `#[trace]`, and where their sources are.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::run::cargo;

/// A published crate that brings tests of its own.
pub(crate) struct Crate {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// What cargo is told of its features.
    features: &'static str,
    /// Its integration tests that are run, beside the unit tests. Those that need a crate which itself depends on the
    /// published one cannot be.
    tests: &'static [&'static str],
    /// Changes that its own code needs to compile beside `carrot-ai`, in both copies: file, from, to, why.
    pub(crate) edits: &'static [[&'static str; 4]],
    /// Functions that cannot be traced for a reason of their own: the end of `file:name`, and the reason.
    pub(crate) except: &'static [(&'static str, &'static str)],
}

/// Async and generic code, read by many: protocols, and libraries full of generics.
pub(crate) const CRATES: [Crate; 5] = [
    Crate {
        name: "h2",
        version: "0.4.20",
        features: "--features stream",
        tests: &[],
        edits: &[],
        except: &[],
    },
    Crate {
        name: "hyper",
        version: "1.12.0",
        features: "--features full",
        tests: &[],
        edits: &[],
        except: &[],
    },
    Crate {
        name: "http",
        version: "1.5.0",
        features: "",
        tests: &[],
        edits: &[],
        except: &[(
            "src/extensions.rs:test_extensions",
            "compares the name of a type that is declared in it, which gets a `{{closure}}`",
        )],
    },
    Crate {
        name: "indexmap",
        version: "2.14.2",
        features: "",
        tests: &[],
        edits: &[],
        except: &[],
    },
    Crate {
        name: "regex-automata",
        version: "0.4.18",
        features: "",
        tests: &[],
        edits: &[],
        except: &[],
    },
];

impl Crate {
    /// What `cargo test` builds and runs of it.
    pub(crate) fn targets(&self) -> String {
        let tests = self.tests.iter().map(|test| format!(" --test {test}"));
        format!("--lib{} {}", tests.collect::<String>(), self.features)
    }

    /// The roots of what is built, below its folder.
    pub(crate) fn folders(&self) -> &'static [&'static str] {
        match self.tests {
            [] => &["src"],
            _ => &["src", "tests"],
        }
    }
}

/// Has cargo download them, and gives their folders by name.
pub(crate) fn fetch(scratch: &Path) -> anyhow::Result<HashMap<String, PathBuf>> {
    let folder = scratch.join("fetch");
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    let mut manifest =
        "[package]\nname = \"fetch\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n"
            .to_owned();
    for Crate { name, version, .. } in CRATES {
        manifest += &format!("{name} = \"={version}\"\n");
    }
    fs::write(folder.join("Cargo.toml"), manifest)?;
    let output = cargo("metadata --format-version 1")
        .current_dir(&folder)
        .output()
        .context("cannot start cargo")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo metadata failed: {errors}");
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut folders = HashMap::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let text = |key| package[key].as_str().unwrap_or_default();
        let wanted = |it: &Crate| it.name == text("name") && it.version == text("version");
        if CRATES.iter().any(wanted)
            && let Some(folder) = Path::new(text("manifest_path")).parent()
        {
            folders.insert(text("name").to_owned(), folder.to_owned());
        }
    }
    Ok(folders)
}

/// Copies a published package to `to`, as a workspace of its own that may use `carrot-ai` from `carrot`.
pub(crate) fn copy(
    it: &Crate,
    from: &Path,
    to: &Path,
    carrot: Option<&Path>,
) -> anyhow::Result<()> {
    copy_folder(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    for [file, before, after, _] in it.edits {
        let file = to.join(file);
        let source = fs::read_to_string(&file)?;
        fs::write(file, source.replace(before, after))?;
    }
    let path = to.join("Cargo.toml");
    let mut manifest = fs::read_to_string(&path)?;
    if let Some(carrot) = carrot {
        let carrot = toml_text(carrot);
        manifest += &format!("\n[dependencies.carrot-ai]\npath = {carrot}\n");
    }
    fs::write(path, manifest + "\n[workspace]\n")?;
    Ok(())
}

fn toml_text(path: &Path) -> String {
    format!("'{}'", path.display())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type()?.is_dir() {
            true => copy_folder(&from, &to)?,
            false => fs::copy(&from, &to).map(|_| ())?,
        }
    }
    Ok(())
}
