//! Real processes: this test binary again, as the child of one test. They are apart from the other tests, since a process that
//! is about to be started has all open files of this one for a moment, and so its locks.

#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "a child talks to its test")]

#[allow(dead_code, reason = "the other tests use more of it")]
#[path = "../spool/support.rs"]
mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use carrot_spool::SpoolError;

use support::{all, at, deliver, files, is_empty, large, numbers, records, segments, spool};

const CHILD: &str = "SPOOL_TEST_CHILD";
/// Before what a child says: the harness prints too.
const SAID: &str = "said: ";

/// Where the child of a test works, in the child.
fn root_of_child() -> Option<std::path::PathBuf> {
    std::env::var_os(CHILD).map(Into::into)
}

fn say(what: impl std::fmt::Display) {
    println!("\n{SAID}{what}");
}

/// The arguments that make this binary the child of a test.
fn child(mut command: Command, test: &str, root: &Path) -> Running {
    let (_crate, test) = test.split_once("::").unwrap();
    command
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, root);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    Running { child, said }
}

/// One that is killed when the test ends.
struct Running {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Running {
    fn of(test: &str, root: &Path) -> Running {
        child(Command::new(std::env::current_exe().unwrap()), test, root)
    }

    /// What it says next; `None` if it ended.
    fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.said.read_line(&mut line).unwrap() > 0 {
            if let Some(said) = line.trim_end().strip_prefix(SAID) {
                return Some(said.to_owned());
            }
            line.clear();
        }
        None
    }

    /// `kill -9`
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn end(mut self) {
        while self.hear().is_some() {}
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

macro_rules! this_test {
    ($name:ident) => {
        concat!(module_path!(), "::", stringify!($name))
    };
}

#[test]
fn what_was_appended_outlasts_kill_9() {
    if let Some(root) = root_of_child() {
        let mut spool = spool(&root);
        for number in 0.. {
            // Some are long, so that the kill may come in the middle of one.
            let record = large(number, if number % 3 == 0 { 200_000 } else { 100 });
            spool.append(&[record], at(0)).unwrap();
            say(number);
        }
    }
    for round in 1..8 {
        let root = tempfile::tempdir().unwrap();
        let mut child = Running::of(this_test!(what_was_appended_outlasts_kill_9), root.path());
        for number in 0..round * 10 {
            assert_eq!(child.hear(), Some(number.to_string()));
        }
        child.child.kill().unwrap();
        // All that it still said before it was gone.
        let last = std::iter::from_fn(|| child.hear()).last();
        child.child.wait().unwrap();
        let said = last.map_or(round * 10, |last| last.parse::<u64>().unwrap() + 1);

        let mut next = spool(root.path());
        next.adopt(at(1)).unwrap();
        let found = deliver(&mut next, at(1));
        assert_eq!(found, (0..found.len() as u64).collect::<Vec<_>>());
        assert!(found.len() as u64 >= said, "{} of {said}", found.len());
        let losses = next.take_losses();
        // The one that was being written.
        assert!(losses.corrupt + losses.corrupt_blocks <= 1, "{losses:?}");
        assert!(is_empty(root.path()), "{:?}", files(root.path()));
    }
}

#[test]
fn two_processes_share_a_spool_and_neither_takes_the_other_s() {
    if let Some(root) = root_of_child() {
        let mut spool = spool(&root);
        assert_eq!(spool.adopt(at(0)).unwrap(), 0);
        spool.append(&records(0..5), at(0)).unwrap();
        say("appended");
        loop {
            std::thread::park();
        }
    }
    let root = tempfile::tempdir().unwrap();
    let mut own = spool(root.path());
    own.append(&records(5..7), at(0)).unwrap();
    let mut child = Running::of(
        this_test!(two_processes_share_a_spool_and_neither_takes_the_other_s),
        root.path(),
    );
    assert_eq!(child.hear().as_deref(), Some("appended"));
    assert_eq!(own.adopt(at(1)).unwrap(), 0);
    assert_eq!(deliver(&mut own, at(1)), [5, 6]);
    child.kill();
    assert_eq!(own.adopt(at(1)).unwrap(), 5);
    assert_eq!(deliver(&mut own, at(1)), [0, 1, 2, 3, 4]);
    assert!(is_empty(root.path()));
}

/// Twenty that append and end, while four take over what they find.
#[test]
fn twenty_processes_at_once_and_each_record_is_taken_over_once() {
    const PROCESSES: u64 = 20;
    const BLOCKS: u64 = 20;
    if let Some(root) = root_of_child() {
        let process: u64 = std::env::var("SPOOL_TEST_NUMBER").unwrap().parse().unwrap();
        let mut spool = spool(&root);
        for block in 0..BLOCKS {
            let first = (process * BLOCKS + block) * 3;
            spool.append(&records(first..first + 3), at(0)).unwrap();
        }
        // Some end without a word to anybody.
        std::process::exit(0);
    }
    let root = tempfile::tempdir().unwrap();
    let test = this_test!(twenty_processes_at_once_and_each_record_is_taken_over_once);
    let children = (0..PROCESSES).map(|process| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env("SPOOL_TEST_NUMBER", process.to_string());
        child(command, test, root.path())
    });
    let children: Vec<Running> = children.collect();
    let all_ended = std::sync::atomic::AtomicBool::new(false);
    let takers = std::thread::scope(|scope| {
        let take = || {
            let mut spool = spool(root.path());
            let mut found = Vec::new();
            loop {
                let ended = all_ended.load(std::sync::atomic::Ordering::SeqCst);
                let adopted = spool.adopt(at(1)).unwrap();
                found.extend(deliver(&mut spool, at(1)));
                // Another one may hold the last of it; then it is delivered by that.
                if ended && adopted == 0 {
                    assert!(spool.take_losses().is_empty());
                    return found;
                }
            }
        };
        let takers: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
        children.into_iter().for_each(Running::end);
        all_ended.store(true, std::sync::atomic::Ordering::SeqCst);
        takers
            .into_iter()
            .map(|taker| taker.join().unwrap())
            .collect::<Vec<_>>()
    });
    let found: Vec<u64> = takers.into_iter().flatten().collect();
    let distinct: BTreeSet<u64> = found.iter().copied().collect();
    assert_eq!(found.len(), distinct.len(), "some were delivered twice");
    assert_eq!(distinct, (0..PROCESSES * BLOCKS * 3).collect());
    assert!(is_empty(root.path()), "{:?}", files(root.path()));
}

#[test]
#[allow(unsafe_code, reason = "there is no other way to fork")]
fn a_forked_child_leaves_its_parent_s_alone() {
    let test = this_test!(a_forked_child_leaves_its_parent_s_alone);
    if let Some(root) = root_of_child() {
        let mut parent = spool(&root);
        parent.append(&records(0..3), at(0)).unwrap();
        // SAFETY: this process was made for it, and the child ends by `_exit`.
        let forked = unsafe { libc::fork() };
        if forked == 0 {
            let mut own = parent.abandon();
            let took = own.adopt(at(1)).unwrap_or(9);
            let appended = own.append(&records(3..5), at(1)).is_ok();
            // SAFETY: ends this process, and nothing else.
            unsafe { libc::_exit(if took == 0 && appended { 0 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: `status` outlives the call.
        unsafe { libc::waitpid(forked, &mut status, 0) };
        assert_eq!(status, 0);
        // Still ours, and still held; the child's is free.
        let mut other = spool(&root);
        assert_eq!(other.adopt(at(2)).unwrap(), 2);
        assert_eq!(deliver(&mut other, at(2)), [3, 4]);
        assert_eq!(all(&mut parent, at(2)).len(), 1);
        say("done");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let mut child = Running::of(test, root.path());
    assert_eq!(child.hear().as_deref(), Some("done"));
    child.end();
    let mut next = spool(root.path());
    assert_eq!(next.adopt(at(3)).unwrap(), 3);
    let blocks = all(&mut next, at(3));
    assert_eq!(numbers(&blocks[0].records), [0, 1, 2]);
}

/// A limit of 64 KiB for each file: what is longer fails in the middle of its write.
#[test]
fn a_file_that_may_not_grow() {
    if let Some(root) = root_of_child() {
        let mut spool = spool(&root);
        // Each fits one file, and ten of them do not: a new one is begun.
        for number in 0..10 {
            spool.append(&[large(number, 20_000)], at(number)).unwrap();
        }
        assert!(segments(&root).len() >= 4);
        let before = files(&root);
        let error = spool.append(&[large(10, 100_000)], at(10)).unwrap_err();
        assert!(matches!(error, SpoolError::Io(_)), "{error}");
        assert_eq!(files(&root), before, "nothing of it is there");
        spool.append(&records([11]), at(11)).unwrap();
        assert_eq!(
            deliver(&mut spool, at(12)),
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11]
        );
        assert!(spool.take_losses().is_empty());
        // Nor a folder, where there was none.
        spool.append(&[large(10, 100_000)], at(10)).unwrap_err();
        assert!(is_empty(&root));
        say("done");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    let script = r#"trap "" XFSZ; ulimit -f 128; exec "$0" "$@""#;
    shell
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap());
    let mut running = child(shell, this_test!(a_file_that_may_not_grow), root.path());
    assert_eq!(running.hear().as_deref(), Some("done"));
    running.end();
}
