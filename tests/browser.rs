//! The dashboard in a real browser, on a collector of its own.
//!
//! Needs Chromium and the npm packages of `carrot-collector/ui`, which `cargo xtask test` installs; it runs
//! the same checks with the `carrot` command.

use std::process::Command;

use carrot_collector::Collector;

const UI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/carrot-collector/ui");

#[test]
#[ignore = "needs Chromium and npm packages: run `cargo xtask test`"]
fn the_dashboard_works_in_a_browser() {
    let store = tempfile::tempdir().unwrap();
    let collector = Collector::builder().data(store.path()).port(0).start();
    let collector = collector.unwrap();
    let status = Command::new("node")
        .args(["test/browser.mjs", &collector.url()])
        .current_dir(UI)
        .status()
        .expect("node cannot be started: run `cargo xtask test`, which installs what it misses");
    assert!(status.success(), "see the checks that failed above");
}
