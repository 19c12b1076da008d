//! Disks that do not take what is to wait on them: memory keeps it, one line says why, and tracing goes on.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use carrot_runtime::{flush, flush_timeout};
use serde_json::{Value, json};

use crate::outage::{Outage, say_sum, segments, shut_down_and_say, spooled};
use crate::program::{Ended, Program, Running, is_child, program, say, steps, wait_for_parent};

/// Trees, in an outage that ends before the program does.
fn outlast_an_outage(trees: usize) {
    (0..trees).for_each(|_| steps(24));
    say_sum(&flush_timeout(Duration::from_millis(500)));
    wait_for_parent();
    say_sum(&flush());
    shut_down_and_say();
}

fn waiting(report: &Value) -> [u64; 2] {
    assert_eq!(
        (&report["queue_full"], &report["rejected"]),
        (&json!(0), &json!(0))
    );
    [report["pending"].as_u64().unwrap(), spooled(report)]
}

/// What waited, in memory and on disk, is delivered in the end.
#[track_caller]
fn assert_outlasts(outage: &Outage, mut running: Running, records: u64) -> Ended {
    outage.end();
    running.go_on();
    assert_eq!(running.hear()["acked"], records);
    let ended = running.end();
    let about_the_disk = |line: &&&str| line.contains("cannot be written");
    assert_eq!(
        ended.warnings().iter().filter(about_the_disk).count(),
        1,
        "{}",
        ended.stderr
    );
    outage.assert_stored(records as usize);
    ended
}

/// No file may grow beyond so many blocks of 512 bytes.
fn with_short_files(program: Program, blocks: u32) -> Program {
    program.by_shell(&format!(
        r#"trap "" XFSZ; ulimit -f {blocks}; exec "$0" "$@""#
    ))
}

#[test]
fn no_block_fits_the_disk() {
    if is_child() {
        return outlast_an_outage(10);
    }
    let outage = Outage::begin();
    let program = with_short_files(outage.of(program!(no_block_fits_the_disk)), 1);
    let mut running = program.start();
    assert_eq!(waiting(&running.hear()), [250, 0]);
    assert_eq!(segments(outage.folder()), 0);
    assert_outlasts(&outage, running, 250);
}

/// A file system of its own, of 64 KiB, which is full soon. Needs the rights to mount one.
#[cfg(target_os = "linux")]
#[test]
fn the_disk_is_full() {
    const TREES: u64 = 400;
    if is_child() {
        return outlast_an_outage(TREES as usize);
    }
    let mut unshare = std::process::Command::new("unshare");
    let may_mount = unshare.args(["-m", "true"]).stderr(Stdio::null()).status();
    if !may_mount.is_ok_and(|it| it.success()) {
        return println!("skipped: may not mount a file system");
    }
    let outage = Outage::begin();
    let program = outage.of(program!(the_disk_is_full));
    let script = r#"exec unshare -m sh -c 'mount -t tmpfs -o size=64k none "$CARROT_SPOOL" && exec "$0" "$@"' "$0" "$@""#;
    let mut running = program.by_shell(script).start();
    let [pending, spooled] = waiting(&running.hear());
    assert_eq!(pending + spooled, TREES * 25);
    assert!(pending > 0 && spooled > 0, "{pending} and {spooled}");
    assert_outlasts(&outage, running, TREES * 25);
}

/// The folder was there when the program began, and then is none.
#[test]
fn the_folder_is_taken_away() {
    if is_child() {
        let _guard = carrot_runtime::init();
        say(json!("ready"));
        wait_for_parent();
        return outlast_an_outage(10);
    }
    let outage = Outage::begin();
    let spool = outage.folder().join("spool");
    let program = outage.of(program!(the_folder_is_taken_away));
    let program = program.env("CARROT_SPOOL", spool.to_str().unwrap());
    let mut running = program.start();
    assert_eq!(running.hear(), "ready");
    std::fs::remove_dir_all(&spool).unwrap();
    std::fs::write(&spool, "a file").unwrap();
    running.go_on();
    assert_eq!(waiting(&running.hear()), [250, 0]);
    assert_outlasts(&outage, running, 250);
}

/// Where a folder cannot be made, by nobody: that is known at the start.
#[cfg(target_os = "linux")]
#[test]
fn a_file_system_that_cannot_be_written() {
    const NOWHERE: &str = "/proc/self/spool";
    if is_child() {
        if std::env::var_os("CARROT_SPOOL").is_none_or(|it| it == "off") {
            let error = carrot_runtime::builder().spool(NOWHERE).init();
            say(json!(error.unwrap_err().to_string()));
        }
        return outlast_an_outage(1);
    }
    assert!(!Path::new(NOWHERE).exists());
    for by_the_builder in [false, true] {
        let outage = Outage::begin();
        let program = outage.of(program!(a_file_system_that_cannot_be_written));
        let spool = if by_the_builder { "off" } else { NOWHERE };
        let mut running = program.env("CARROT_SPOOL", spool).start();
        if by_the_builder {
            let error = running.hear();
            let error = error.as_str().unwrap();
            assert!(
                error.starts_with("spool ") && error.contains(NOWHERE),
                "{error}"
            );
        }
        assert_eq!(waiting(&running.hear()), [25, 0]);
        outage.end();
        running.go_on();
        let ended = running.end();
        let about = ended
            .warnings()
            .iter()
            .filter(|it| it.contains(NOWHERE))
            .count();
        assert_eq!(about, usize::from(!by_the_builder), "{}", ended.stderr);
        outage.assert_stored(25);
    }
}
