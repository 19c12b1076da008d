//! What the checks need beside cargo: found, or installed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::run::{program, root, run, target};

/// Folder of the dashboard's sources.
pub(crate) fn ui() -> PathBuf {
    root().join("carrot-collector/ui")
}

/// A program of Node.js (`node`, `npm`) in the folder of the dashboard.
pub(crate) fn node(name: &str, arguments: &[&str]) -> anyhow::Result<Command> {
    ensure!(
        is_there(name),
        "`{name}` is missing: install Node.js 20.19 or newer with npm"
    );
    let mut command = program(name);
    command.args(arguments).current_dir(ui());
    Ok(command)
}

/// Installs the dashboard's npm packages, as locked, into its `node_modules`.
pub(crate) fn npm_packages() -> anyhow::Result<()> {
    println!("Installing npm packages into carrot-collector/ui/node_modules.");
    run(&mut node(
        "npm",
        &["ci", "--no-progress", "--loglevel=error"],
    )?)
}

/// A Python that has the packages of `requirements` and no others, in a venv of its own: a folder of
/// this name. All packages are listed there, so that pip looks for no dependencies.
pub(crate) fn python(name: &str, requirements: &str) -> anyhow::Result<PathBuf> {
    let venv = target().join("tools").join(name);
    let python = venv.join("bin/python");
    if !answers(&python, &["-m", "pip", "--version"]) {
        println!("Making a Python environment in target/tools/{name}.");
        run(program("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&venv))
        .context("Python 3.10 or newer with venv is needed (on Debian: python3-venv)")?;
    }
    println!("Installing Python packages into target/tools/{name}.");
    run(program(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ])
        .args(["--requirement", requirements]))?;
    Ok(python)
}

/// A Chromium: `CARROT_CHROMIUM`, else one on the path, else Debian's, which is installed.
pub(crate) fn chromium() -> anyhow::Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("CARROT_CHROMIUM") {
        return Ok(chosen.into());
    }
    if let Some(found) = find_chromium() {
        return Ok(found);
    }
    install(
        "chromium",
        "install one, and set CARROT_CHROMIUM if it is not on the path",
    )?;
    find_chromium().context("the package chromium brought no program of that name")
}

/// Finds Valgrind on the path, else installs Debian's.
pub(crate) fn valgrind() -> anyhow::Result<()> {
    if !is_there("valgrind") {
        install(
            "valgrind",
            "install it; it exists for Linux and a few others",
        )?;
        ensure!(
            is_there("valgrind"),
            "the package valgrind brought no program of that name that runs"
        );
    }
    Ok(())
}

/// Installs a package that is missing with apt-get, or says what is to be done.
fn install(package: &str, by_hand: &str) -> anyhow::Result<()> {
    if !is_there("apt-get") {
        bail!("{package} is missing: {by_hand}");
    }
    if !is_root()? {
        bail!("{package} is missing: run `sudo apt-get update && sudo apt-get install {package}`");
    }
    println!("Installing Debian's package {package} with apt-get.");
    let apt = |arguments: &[&str]| {
        run(program("apt-get")
            .arg("-qq")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update"])?;
    apt(&["install", "--yes", "--no-install-recommends", package])
}

fn find_chromium() -> Option<PathBuf> {
    const NAMES: [&str; 4] = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let all = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

fn is_root() -> anyhow::Result<bool> {
    let id = program("id")
        .arg("-u")
        .output()
        .context("cannot start `id`")?;
    Ok(id.stdout.trim_ascii() == b"0")
}

fn is_there(name: &str) -> bool {
    answers(name, &["--version"])
}

fn answers(name: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> bool {
    let status = program(name)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
