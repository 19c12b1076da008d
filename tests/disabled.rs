//! With `CARROT_ENABLED=false` a traced call does what it did, and nothing else.

use std::process::Command;

use allocation_counter::measure;
use carrot_ai::trace;
use serde::{Serialize, Serializer};

/// A value that must not be looked at.
struct Private;

impl Serialize for Private {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("an argument was looked at")
    }
}

fn unasked() -> &'static str {
    panic!("an expression of the attribute was evaluated")
}

#[trace(name = unasked(), session = unasked(), tags = [unasked()], metadata = {"asked": unasked()})]
fn sync(value: &Private, number: u8) -> u8 {
    let Private = value;
    number + 1
}

#[trace(user = unasked())]
async fn asynchronous(value: &Private, number: u8) -> Result<u8, Private> {
    let Private = value;
    Ok(number + 1)
}

#[test]
#[ignore = "run by the test below, in a process of its own"]
fn traced_calls() {
    // The first asks the environment.
    assert_eq!(sync(&Private, 1), 2);
    let used = measure(|| {
        for number in 0..100 {
            assert_eq!(sync(&Private, number), number + 1);
            let future = asynchronous(&Private, number);
            let result = futures_util::FutureExt::now_or_never(future);
            assert!(result.is_some_and(|result| result.is_ok_and(|it| it == number + 1)));
        }
    });
    assert_eq!(used.count_total, 0, "{used:?}");
    if cfg!(target_os = "linux") {
        let threads = std::fs::read_dir("/proc/self/task").unwrap();
        let names = threads.map(|it| std::fs::read_to_string(it.unwrap().path().join("comm")));
        let names: Vec<String> = names.flatten().collect();
        assert!(names.len() >= 2, "{names:?}");
        assert!(
            !names.iter().any(|it| it.starts_with("carrot")),
            "{names:?}"
        );
    }
    assert_eq!(carrot_ai::flush().acked, 0);
}

#[test]
fn nothing_is_looked_at_allocated_or_started() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "traced_calls", "--ignored"])
        .env("CARROT_ENABLED", "false")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{text}");
    assert!(output.stderr.is_empty(), "it prints something");
}
