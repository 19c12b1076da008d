//! `carrot show` and `carrot ls`

use crate::run::{Said, Serving, a_trace, carrot, error, run, said};

const ONE: &str = "00000000-0000-0000-0000-000000000001";
const TREE: &str = "pipeline                      2.50 s
└─ chat.completions · gpt-4o  1.00 s  1000 → 500 tok  $0.0075  ✗ Limit: no more

00000000-0000-0000-0000-000000000001
";

#[test]
fn a_trace_is_drawn_from_the_collector_and_from_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), 0);
    serving.send(&a_trace(1, "pipeline"));
    let from = ["--url", serving.url.as_str()];
    for which in [ONE, "00000000000000000000000000000001", "--last"] {
        let said = run(folder.path(), &["show", which, from[0], from[1]]);
        assert_eq!(
            (said.code, said.out.as_str(), said.err.as_str()),
            (Some(0), TREE, "")
        );
    }
    // Beside the collector, and when it is gone.
    assert_eq!(
        run(folder.path(), &["show", ONE, "--data", ".carrot"]).out,
        TREE
    );
    drop(serving);
    assert_eq!(
        run(folder.path(), &["show", "--last", "--data", ".carrot"]).out,
        TREE
    );

    let colored = run(
        folder.path(),
        &["show", ONE, "--data", ".carrot", "--color", "always"],
    )
    .out;
    assert!(colored.contains("\x1b[31m"), "{colored}");
    let json = run(folder.path(), &["show", ONE, "--data", ".carrot", "--json"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["name"], &json["totals"]["spans"]),
        (&"pipeline".into(), &2.into())
    );
}

#[test]
fn traces_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), 0);
    serving.send(&a_trace(1, "pipeline"));
    serving.send(&a_trace(2, "red\x1b[31m\u{202e}herring"));
    let said = run(folder.path(), &["ls", "--url", &serving.url]);
    assert_eq!(
        said.out,
        "STARTED               NAME              STATUS   SPANS  LATENCY  TOKENS     COST  ID\n\
         2026-01-31 12:00:00Z  pipeline          success      2   2.50 s    1500  $0.0075  00000000-0000-0000-0000-000000000001\n\
         2026-01-31 12:00:00Z  red [31m herring  success      2   2.50 s    1500  $0.0075  00000000-0000-0000-0000-000000000002\n"
    );
    assert_eq!(
        run(folder.path(), &["ls", "-n", "1", "--data", ".carrot"])
            .out
            .lines()
            .count(),
        2
    );
    let other = run(
        folder.path(),
        &["ls", "--json", "--project", "other", "--url", &serving.url],
    );
    assert_eq!(other.out, "{\"traces\":[],\"next_cursor\":null}\n");
}

#[test]
fn what_is_missing_is_named_with_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), 0);
    assert_eq!(
        error(folder.path(), &["show", ONE, "--url", &serving.url]),
        format!(
            "carrot: there is no trace {ONE} in project default of {}: `carrot ls` lists what there is\n",
            serving.url
        )
    );
    assert_eq!(
        error(
            folder.path(),
            &["show", "--last", "--data", ".carrot", "--project", "p"]
        ),
        "carrot: there is no trace yet in project p of .carrot\n"
    );
    assert_eq!(
        error(folder.path(), &["ls", "--data", "nowhere"]),
        "carrot: there is no store in nowhere\n"
    );
    // A port that was free a moment ago.
    let free = format!("http://127.0.0.1:{}", {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    });
    for command in [["show", "--last"], ["ls", "--json"]] {
        assert_eq!(
            error(folder.path(), &[command[0], command[1], "--url", &free]),
            format!("carrot: no collector answers at {free}: start one with `carrot serve`\n")
        );
    }
    assert!(
        error(folder.path(), &["ls", "--url", "localhost:7420"])
            .contains("write it like http://127.0.0.1:7420")
    );
    assert!(
        error(folder.path(), &["ls", "--url", "https://localhost"])
            .contains("https is not supported yet")
    );
    for usage in [
        vec!["show"],
        vec!["show", ONE, "--last"],
        vec!["ls", "-n", "0"],
        vec![],
    ] {
        assert_eq!(run(folder.path(), &usage).code, Some(2), "{usage:?}");
    }
}

#[test]
fn the_collector_that_programs_send_to_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), 0);
    serving.send(&a_trace(1, "pipeline"));
    let elsewhere = tempfile::tempdir().unwrap();
    let with = |base_url: &str, args: &[&str]| -> Said {
        said(carrot(elsewhere.path(), args).env("CARROT_BASE_URL", base_url))
    };
    assert_eq!(with(&serving.url, &["show", "--last"]).out, TREE);
    let listed = with(&format!(" {} ", serving.url), &["ls"]);
    assert!(listed.out.contains("pipeline"), "{listed:?}");

    // A port that nobody can listen on.
    let nobody = "http://127.0.0.1:0";
    let store = folder.path().join(".carrot");
    let named = [
        ["--url", serving.url.as_str()],
        ["--data", store.to_str().unwrap()],
    ];
    for [option, value] in named {
        let shown = with(nobody, &["show", "--last", option, value]);
        assert_eq!(shown.out, TREE, "{shown:?}");
    }
    for command in [vec!["ls"], vec!["show", "--last"], vec!["tail"]] {
        let refused = with(nobody, &command);
        assert_eq!(refused.code, Some(1), "{command:?}");
        assert!(refused.err.contains(nobody), "{refused:?}");
    }
    // Not a collector: as if it were not set. What answers, or does not, is another.
    let file = with("file:///tmp/traces.jsonl", &["ls"]);
    assert!(!file.err.contains("file:"), "{file:?}");
}
