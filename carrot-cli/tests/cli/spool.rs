//! `carrot spool`, with what programs left and a real collector.

use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use carrot_spool::{Destination, Fingerprint, Settings, Spool, State};

use crate::run::{Said, Serving, a_trace, carrot, error, run, said};

/// Another key than any that is given.
const KEY: &str = "sk-of-the-program";

fn spool(folder: &Path, program: &str, to: &str, key: Option<&str>) -> Spool {
    let destination = Destination {
        program: program.to_owned(),
        to: to.to_owned(),
        project: None,
        key: key.map(Fingerprint::of),
    };
    Spool::new(Settings::new(folder.join("spool")), destination)
}

/// Ends what holds a spool. A command that another test is about to start has all open files of this process for a moment,
/// and so its lock.
fn leave(folder: &Path, spool: Spool) {
    let in_use = || {
        let entries = carrot_spool::list(&folder.join("spool")).unwrap();
        entries
            .iter()
            .filter(|entry| entry.state == State::InUse)
            .count()
    };
    let before = in_use();
    drop(spool);
    while in_use() >= before {
        std::thread::yield_now();
    }
}

fn leave_records(mut spool: Spool, folder: &Path, records: &[Bytes], at: SystemTime) {
    spool.append(records, at).unwrap();
    leave(folder, spool);
}

fn trace(number: u128, name: &str) -> Vec<Bytes> {
    let records = a_trace(number, name);
    records
        .iter()
        .map(|record| Bytes::from(record.to_string()))
        .collect()
}

fn command(folder: &Path, args: &[&str]) -> Said {
    said(carrot(folder, &[&["spool"], args].concat()).env("CARROT_SPOOL", folder.join("spool")))
}

fn succeeds(folder: &Path, args: &[&str]) -> String {
    let said = command(folder, args);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    said.out
}

fn nothing_is_left(folder: &Path) {
    let waits = format!("Nothing waits in {}\n", folder.join("spool").display());
    assert_eq!(succeeds(folder, &["ls"]), waits);
    let mut entries = std::fs::read_dir(folder.join("spool")).unwrap();
    assert!(entries.next().is_none());
}

/// Where nobody listens, and nobody can.
const NOBODY: &str = "http://127.0.0.1:0";

#[test]
fn what_was_left_is_listed_and_sent_where_it_was_meant_to_go() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, serving) = (folder.path(), Serving::start(folder.path(), 0));
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let mut left = spool(folder, "agent", &serving.url, None);
    left.append(&trace(1, "pipeline"), at).unwrap();
    left.append(&trace(2, "pipeline"), at).unwrap();
    leave(folder, left);
    let mut living = spool(folder, "server", &serving.url, None);
    living.append(&trace(3, "pipeline"), at).unwrap();

    let listed = succeeds(folder, &["ls"]);
    let lines: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(
        lines[0],
        [
            "PROGRAM",
            "DESTINATION",
            "RECORDS",
            "SIZE",
            "OLDEST",
            "STATE"
        ]
    );
    let time = "2023-11-14 22:13:20Z";
    assert_eq!(
        [&lines[1][..3], &lines[1][4..]].concat(),
        ["agent", &serving.url, "4", time, "left"]
    );
    assert_eq!(
        [&lines[2][..3], &lines[2][4..]].concat(),
        ["server", &serving.url, "2", time, "in use"]
    );

    assert_eq!(
        succeeds(folder, &["send"]),
        format!("agent → {}: 4 records acked\n", serving.url)
    );
    for (number, is_there) in [(1, true), (2, true), (3, false)] {
        let id = format!("{number:032x}");
        let shown = run(folder, &["show", &id, "--url", &serving.url]);
        assert_eq!(shown.code == Some(0), is_there, "{shown:?}");
    }
    leave(folder, living);
    let others = ["send", "--program", "agent"];
    assert!(succeeds(folder, &others).starts_with("Nothing to send in "));
    // By another way to the same collector.
    let url = serving.url.replace("127.0.0.1", "localhost");
    assert!(succeeds(folder, &["send", "--url", &url]).contains("2 records acked"));
    nothing_is_left(folder);
}

#[test]
fn what_cannot_be_sent_stays() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let now = SystemTime::now();
    leave_records(
        spool(folder, "agent", NOBODY, None),
        folder,
        &trace(1, "pipeline"),
        now,
    );
    leave_records(
        spool(folder, "agent", "otlp", None),
        folder,
        &trace(2, "pipeline"),
        now,
    );
    let failed = command(folder, &["send"]);
    assert_eq!(
        (failed.code, failed.err.as_str()),
        (Some(1), "carrot: not all was delivered\n")
    );
    assert!(
        failed
            .out
            .contains("agent → http://127.0.0.1:0: the rest stays: no"),
        "{failed:?}"
    );
    assert!(
        failed
            .out
            .contains("agent → otlp: the rest stays: otlp is no URL of a collector"),
        "{failed:?}"
    );
    let failed = command(folder, &["send", "--url", "https://localhost"]);
    let fix = "the next run of the program delivers this, and --url names";
    assert_eq!(failed.out.matches(fix).count(), 2, "{failed:?}");
    let serving = Serving::start(folder, 0);
    let sent = succeeds(folder, &["send", "--url", &serving.url]);
    assert_eq!(sent.matches(": 2 records acked").count(), 2, "{sent}");
    nothing_is_left(folder);
}

#[test]
fn another_key_s_records_are_not_sent_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, serving) = (folder.path(), Serving::start(folder.path(), 0));
    let now = SystemTime::now();
    let leave_one = || {
        leave_records(
            spool(folder, "agent", &serving.url, Some(KEY)),
            folder,
            &trace(1, "pipeline"),
            now,
        )
    };
    leave_one();
    for args in [&["send"][..], &["send", "--key", "sk-another"]] {
        let refused = command(folder, args);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(
            refused
                .out
                .contains("it was meant for another key: give that one with --key"),
            "{refused:?}"
        );
    }
    for args in [&["send", "--key", KEY][..], &["send", "--any-key"]] {
        assert!(succeeds(folder, args).ends_with(": 2 records acked\n"));
        nothing_is_left(folder);
        leave_one();
    }
    // A key that was refused is cured by another.
    let mut mistyped = spool(folder, "agent", &serving.url, Some("sk-mistyped"));
    mistyped.mark_key_refused().unwrap();
    mistyped.append(&trace(2, "pipeline"), now).unwrap();
    leave(folder, mistyped);
    assert!(succeeds(folder, &["ls"]).contains("left, its key was refused"));
    assert!(
        succeeds(folder, &["send", "--key", KEY])
            .matches("2 records acked")
            .count()
            == 2
    );
    nothing_is_left(folder);
}

#[test]
fn what_a_collector_refuses_is_kept_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, serving) = (folder.path(), Serving::start(folder.path(), 0));
    let now = SystemTime::now();
    let mut records = trace(1, "pipeline");
    records.push(Bytes::from_static(
        br#"{"id":"no uuid at all","started_at":"yesterday"}"#,
    ));
    let mut left = spool(folder, "agent", &serving.url, None);
    left.append(&records, now).unwrap();
    leave(folder, left);
    let sent = succeeds(folder, &["send"]);
    assert!(sent.contains(": 2 records acked, 1 refused: "), "{sent}");
    let reason = sent.trim_end().split_once("refused: ").unwrap().1;
    let listed = succeeds(folder, &["ls"]);
    assert!(listed.contains(&format!("refused: {reason}")), "{listed}");
    assert_eq!(listed.lines().count(), 2);
    // Only if asked, and then it is refused again, and stays.
    assert!(succeeds(folder, &["send"]).starts_with("Nothing to send in "));
    assert!(succeeds(folder, &["send", "--refused"]).contains(": 0 records acked, 1 refused: "));
    assert_eq!(succeeds(folder, &["ls"]), listed);

    assert!(succeeds(folder, &["drop", "--corrupt", "--yes"]).starts_with("Nothing to delete in "));
    let dropped = succeeds(folder, &["drop", "--refused", "--yes"]);
    assert!(dropped.contains(": 1 record deleted, "), "{dropped}");
    nothing_is_left(folder);
}

#[test]
fn what_is_not_wanted_is_deleted_when_that_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let now = SystemTime::now();
    let old = now - Duration::from_secs(2 * 24 * 60 * 60);
    leave_records(
        spool(folder, "agent", NOBODY, None),
        folder,
        &trace(1, "pipeline"),
        old,
    );
    leave_records(
        spool(folder, "agent", NOBODY, None),
        folder,
        &trace(2, "pipeline"),
        now,
    );
    leave_records(
        spool(folder, "other", NOBODY, None),
        folder,
        &trace(3, "pipeline"),
        now,
    );
    let mut living = spool(folder, "living", NOBODY, None);
    living.append(&trace(4, "pipeline"), now).unwrap();
    let refused = command(folder, &["drop"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
    assert!(
        refused.err.starts_with("carrot: this deletes 6 records, "),
        "{refused:?}"
    );
    assert!(
        refused.err.ends_with(": say so with --yes\n"),
        "{refused:?}"
    );

    let dropped = |args: &[&str]| {
        succeeds(folder, &[&["drop", "--yes"], args].concat())
            .matches(": 2 records deleted, ")
            .count()
    };
    assert_eq!(dropped(&["--older-than", "3d"]), 0);
    assert_eq!(dropped(&["--older-than", "36h"]), 1);
    assert_eq!(dropped(&["--program", "other"]), 1);
    assert_eq!(dropped(&[]), 1);
    assert_eq!(dropped(&[]), 0);
    assert!(succeeds(folder, &["ls"]).contains("in use"));
    leave(folder, living);
    assert_eq!(dropped(&[]), 1);
    nothing_is_left(folder);
    for wrong in ["3", "3w", "d", "-1d"] {
        let args = ["drop", "--yes", &format!("--older-than={wrong}")];
        assert_eq!(command(folder, &args).code, Some(2), "{wrong}");
    }
}

#[test]
fn where_the_spool_is_can_be_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let root = folder.join("named");
    let named = run(folder, &["spool", "ls", "--root", root.to_str().unwrap()]);
    assert_eq!(named.out, format!("Nothing waits in {}\n", root.display()));
    let usual = said(carrot(folder, &["spool", "ls"]).env("XDG_STATE_HOME", folder));
    let state = folder.join("carrot").join("spool");
    assert_eq!(usual.out, format!("Nothing waits in {}\n", state.display()));
    let off = said(carrot(folder, &["spool", "ls"]).env("CARROT_SPOOL", "off"));
    assert_eq!(
        off.err,
        "carrot: CARROT_SPOOL says that there is no spool: name one with --root\n"
    );
    std::fs::write(&root, "").unwrap();
    let wrong = error(folder, &["spool", "ls", "--root", root.to_str().unwrap()]);
    assert!(wrong.contains("cannot be read"), "{wrong}");
}
