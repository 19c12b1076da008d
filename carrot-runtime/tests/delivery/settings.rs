//! What the environment says, right and wrong.

use serde_json::Value;

use crate::collector::Collector;
use crate::program::{Ended, is_child, program, say_report, steps};

fn trace_and_flush() {
    steps(1);
    say_report(&carrot_runtime::flush());
}

#[track_caller]
fn assert_off_because_of(ended: &Ended, name: &str) {
    assert_eq!(ended.counts(), [0, 0, 0, 0]);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    let warning = ended.warnings()[0];
    assert!(
        warning.contains(name) && warning.contains("tracing is off"),
        "{warning}"
    );
}

#[test]
fn a_bad_url_is_one_warning() {
    if is_child() {
        return trace_and_flush();
    }
    for url in [
        "nonsense",
        "ftp://host",
        "http://user:secret@host",
        "file:///no/such/folder/x",
    ] {
        let ended = program!(a_bad_url_is_one_warning)
            .env("CARROT_BASE_URL", url)
            .run();
        assert_off_because_of(&ended, "CARROT_BASE_URL");
        assert!(!ended.stderr.contains("secret"));
    }
}

#[test]
fn a_bad_number_is_one_warning() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::start();
    for (name, value) in [
        ("CARROT_BATCH_SIZE", "0"),
        ("CARROT_BATCH_SIZE", "many"),
        ("CARROT_FLUSH_INTERVAL", "-1"),
        ("CARROT_FLUSH_TIMEOUT", "soon"),
        ("CARROT_ENABLED", "perhaps"),
    ] {
        let program = program!(a_bad_number_is_one_warning).to(&collector);
        assert_off_because_of(&program.env(name, value).run(), name);
    }
    assert!(collector.requests().is_empty());
}

#[test]
fn turned_off_there_is_no_thread_and_no_request() {
    if is_child() {
        trace_and_flush();
        drop(carrot_runtime::init());
        #[cfg(target_os = "linux")]
        for task in std::fs::read_dir("/proc/self/task").unwrap() {
            let name = std::fs::read_to_string(task.unwrap().path().join("comm")).unwrap();
            assert!(!name.starts_with("carrot"), "{name}");
        }
        return;
    }
    let collector = Collector::start();
    let program = program!(turned_off_there_is_no_thread_and_no_request).to(&collector);
    let ended = program.env("CARROT_ENABLED", "false").run();
    assert_eq!(ended.counts(), [0, 0, 0, 0]);
    assert_eq!(ended.warnings(), [""; 0]);
    assert!(collector.requests().is_empty());
}

#[test]
fn a_file_gets_a_line_for_each_record() {
    if is_child() {
        steps(99);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("traces.jsonl");
    std::fs::write(&file, "{\"before\":1}\n").unwrap();
    let url = format!("file://{}", file.display());
    let ended = program!(a_file_gets_a_line_for_each_record)
        .env("CARROT_BASE_URL", &url)
        .run();
    assert_eq!(ended.warnings(), [""; 0]);
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 101);
    assert_eq!(lines[0]["before"], 1);
    assert_eq!(
        lines.iter().filter(|line| line["name"] == "root").count(),
        1
    );
    assert!(text.ends_with('\n'));
}

#[cfg(unix)]
#[test]
fn a_device_is_a_file_too() {
    if is_child() {
        return trace_and_flush();
    }
    let program = program!(a_device_is_a_file_too).env("CARROT_BASE_URL", "file:///dev/null");
    assert_eq!(program.run().counts(), [2, 0, 0, 0]);
}

#[test]
fn what_listens_here_is_reached_past_a_proxy() {
    if is_child() {
        return trace_and_flush();
    }
    let (collector, proxy) = (Collector::start(), Collector::start());
    let program = program!(what_listens_here_is_reached_past_a_proxy).to(&collector);
    let program = program
        .env("HTTP_PROXY", proxy.url())
        .env("http_proxy", proxy.url());
    assert_eq!(program.run().counts(), [2, 0, 0, 0]);
    assert_eq!(collector.taken().len(), 2);
    assert!(proxy.requests().is_empty());
}

#[test]
fn the_builder_starts_once() {
    if is_child() {
        let url = std::env::var("DELIVERY_TEST_URL").unwrap();
        let builder = || carrot_runtime::builder().base_url(&url).batch_size(1);
        let guard = builder().init().unwrap();
        let again = builder().init().unwrap_err();
        assert!(again.is_already_initialised(), "{again}");
        steps(2);
        drop(guard);
        return say_report(&carrot_runtime::flush());
    }
    let collector = Collector::start();
    let ended = program!(the_builder_starts_once)
        .env("DELIVERY_TEST_URL", collector.url())
        .run();
    assert_eq!(ended.counts(), [3, 0, 0, 0]);
    assert_eq!(collector.requests().len(), 3);
}

#[test]
fn debug_says_what_is_delivered() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::start();
    let ended = program!(debug_says_what_is_delivered)
        .to(&collector)
        .env("CARROT_DEBUG", "1")
        .run();
    assert_eq!(ended.warnings(), ["carrot: 2 records delivered"]);
}
