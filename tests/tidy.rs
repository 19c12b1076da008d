//! The rules of the house that no compiler knows.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which of our crates each of them may depend on, outside of its tests.
const ARROWS: [(&str, &[&str]); 11] = [
    (
        "carrot-ai",
        &["carrot-macros", "carrot-providers", "carrot-runtime"],
    ),
    (
        "carrot-cli",
        &["carrot-collector", "carrot-spool", "carrot-wire"],
    ),
    ("carrot-collector", &["carrot-wire"]),
    ("carrot-macros", &[]),
    ("carrot-providers", &["carrot-runtime", "carrot-wire"]),
    ("carrot-runtime", &["carrot-spool", "carrot-wire"]),
    ("carrot-spool", &[]),
    ("carrot-wire", &[]),
    // Examples, which depend as a user does.
    ("rig-agent-example", &["carrot-ai", "carrot-providers"]),
    ("snapshot-tests", &["carrot-ai"]),
    ("xtask", &[]),
];

/// Lines of a source file, at most. Tests lie in files of their own, which may be longer.
const MAX_LINES: usize = 500;

/// The files that may use `unsafe`.
const UNSAFE: [&str; 5] = [
    "carrot-runtime/src/clock.rs",
    "carrot-runtime/src/exit/fork.rs",
    "carrot-runtime/src/exit/mod.rs",
    "carrot-runtime/src/exit/signal.rs",
    "carrot-runtime/src/line/chunk.rs",
];

/// Where the names of the environment are, and where they are explained.
const ENVIRONMENT: (&str, &str) = ("carrot-runtime/src/env.rs", "docs/configuration.md");

/// Where the clients are listed that can be wrapped.
const CLIENTS: &str = "docs/providers.md";

/// The features of `carrot-providers` that are for no client.
const NO_ADAPTERS: [&str; 3] = ["default", "model-server", "ring"];

#[test]
fn crates_depend_downwards_only() {
    let mut found = BTreeMap::new();
    for package in packages() {
        let name = text(&package["name"]);
        let mut ours: Vec<String> = list(&package["dependencies"])
            .iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .map(|dependency| text(&dependency["name"]))
            .filter(|name| ARROWS.iter().any(|(ours, _)| ours == name))
            .collect();
        ours.sort();
        found.insert(name, ours);
    }
    let allowed = ARROWS.map(|(name, below)| {
        let below = below.iter().map(|name| (*name).to_owned()).collect();
        (name.to_owned(), below)
    });
    assert_eq!(found, BTreeMap::from(allowed));
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    for package in packages() {
        let manifest = read(text(&package["manifest_path"]));
        let lints = manifest.split_once("\n[lints]\n").map(|(_, rest)| rest);
        let inherits = lints.is_some_and(|lints| lints.starts_with("workspace = true\n"));
        assert!(
            inherits,
            "{}: no `[lints] workspace = true`",
            package["name"]
        );
    }
}

#[test]
fn sources_are_short() {
    let long: Vec<String> = sources(&["rs", "ts", "tsx"])
        .filter(|file| !is_test(file))
        .map(|file| (read(root().join(&file)).lines().count(), file))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .map(|(lines, file)| format!("{}: {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "more than {MAX_LINES} lines: {long:#?}");
}

#[test]
fn nothing_is_left_to_do() {
    // In two parts, so that this file has none of them.
    let unfinished = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    for file in sources(&["rs"]) {
        let source = read(root().join(&file));
        let mut code = source.lines().filter(|line| !is_comment(line));
        let left = code.find(|line| unfinished.iter().any(|it| line.contains(it)));
        assert_eq!(left, None, "{}", file.display());
    }
}

/// The workspace denies `unsafe`: a file that uses it must name the lint.
#[test]
fn unsafe_is_rare_and_explained() {
    let mut found = Vec::new();
    for file in sources(&["rs"]).filter(|file| !is_test(file)) {
        let source = read(root().join(&file));
        let lines: Vec<&str> = source.lines().collect();
        if !lines
            .iter()
            .any(|line| !is_comment(line) && line.contains("unsafe_code"))
        {
            continue;
        }
        for (at, line) in lines.iter().enumerate() {
            if is_comment(line) || !line.contains("unsafe ") {
                continue;
            }
            let above = &lines[at.saturating_sub(3)..at];
            let explained = above
                .iter()
                .any(|line| line.trim().starts_with("// SAFETY: "));
            assert!(
                explained,
                "{}:{}: no SAFETY comment",
                file.display(),
                at + 1
            );
        }
        found.push(file);
    }
    assert_eq!(found, UNSAFE.map(PathBuf::from));
}

#[test]
fn every_name_of_the_environment_is_documented() {
    let (names, page) = ENVIRONMENT;
    let (source, page) = (read(root().join(names)), read(root().join(page)));
    let names = source.split('"').filter(|part| part.starts_with("CARROT_"));
    let missing: Vec<&str> = names
        .clone()
        .filter(|name| !page.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "not in {}: {missing:?}", ENVIRONMENT.1);
    assert!(names.count() > 0, "{} names nothing", ENVIRONMENT.0);
}

/// The page's table is what the manifests say: a feature for each client, passed on, and none of them a default.
#[test]
fn every_adapter_is_in_the_table_of_clients() {
    let packages = packages();
    let package = |name: &str| packages.iter().find(|it| it["name"] == name).unwrap();
    let (facade, providers) = (package("carrot-ai"), package("carrot-providers"));
    let features = providers["features"].as_object().unwrap();
    let adapters = features
        .keys()
        .filter(|it| !NO_ADAPTERS.contains(&it.as_str()));

    let mut expected = Vec::new();
    for feature in adapters {
        let passed_on = text(&facade["features"][feature][0]);
        assert_eq!(passed_on, format!("carrot-providers/{feature}"));
        for package in [facade, providers] {
            let default = &package["features"]["default"];
            assert!(!list(default).contains(&feature.as_str().into()));
        }
        let folder = match feature.as_str() {
            // The first one, for which `wrap` was made.
            "async-openai" => "wrap".to_owned(),
            other => other.replace('-', "_"),
        };
        let tests = root().join("carrot-providers/tests").join(folder);
        assert!(tests.join("main.rs").is_file(), "{}", tests.display());

        // What brings the client in is called after it; the relay has none.
        let client = list(&features[feature])
            .iter()
            .filter_map(|it| it.as_str()?.strip_prefix("dep:"))
            .find(|it| it.contains(feature.as_str()));
        let pinned = list(&providers["dependencies"])
            .iter()
            .find(|it| it["kind"].is_null() && client.is_some_and(|client| it["name"] == client))
            .map_or("any".to_owned(), |it| text(&it["req"]));
        let pinned = pinned.trim_start_matches(['^', '=']).to_owned();
        expected.push((feature.clone(), pinned));
    }

    let page = read(root().join(CLIENTS));
    let mut found: Vec<_> = page
        .lines()
        .skip_while(|line| !line.starts_with("| client | feature | version |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|row| {
            let mut cells = row.split('|').skip(2).map(|it| it.trim().trim_matches('`'));
            let mut cell = || cells.next().unwrap_or_default().to_owned();
            (cell(), cell())
        })
        .collect();
    found.sort();
    assert_eq!(found, expected, "the table of {CLIENTS}");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The packages of the workspace, as cargo reads their manifests.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    list(&metadata["packages"]).to_vec()
}

/// Files that end so and are ours, sorted, with their paths in the repository.
fn sources(extensions: &[&str]) -> impl Iterator<Item = PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            let foreign =
                name.starts_with('.') || ["target", "node_modules", "dist"].contains(&name);
            if path.is_dir() && !foreign {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|it| extensions.iter().any(|wanted| it == *wanted))
            {
                files.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    assert!(!files.is_empty(), "no sources of {extensions:?}");
    files.sort();
    files.into_iter()
}

fn is_test(file: &Path) -> bool {
    let mut parts = file.iter();
    parts.any(|part| part == "tests" || part == "test" || part == "tests.rs")
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

fn read(file: impl AsRef<Path>) -> String {
    let file = file.as_ref();
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
