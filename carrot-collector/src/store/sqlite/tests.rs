//! What cannot be seen from outside, or not fast enough.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use carrot_wire::{Json, Record, RecordId, Timestamp};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;

use super::commit::Commit;
use super::*;

fn open() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    (folder, store)
}

fn wait<T>(future: BoxFuture<'_, T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

fn batch(records: Vec<Record>) -> Batch {
    Batch {
        project: "p".to_owned(),
        records,
        bytes: 1000,
    }
}

fn ingest(store: &SqliteStore, records: Vec<Record>) {
    wait(store.ingest(batch(records))).unwrap();
}

fn span(id: u128, parent: u128) -> Record {
    Record {
        id: Some(RecordId(id)),
        parent_id: (parent > 0).then_some(RecordId(parent)),
        name: Some(format!("span {id}")),
        started_at: Some(Timestamp::from_nanos(id as i64)),
        ..Record::default()
    }
}

fn filter(text: &str) -> Filter {
    Filter {
        limit: 500,
        text: text.to_owned(),
        ..Filter::default()
    }
}

fn list(store: &SqliteStore, text: &str) -> Page {
    store.reader.list("p", &filter(text)).unwrap()
}

fn count(store: &SqliteStore, sql: &str) -> i64 {
    let db = reader::open(&folder::database(&store.folder)).unwrap();
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Waits for the indexer, which tells nobody when it is done.
fn wait_for_blooms(store: &SqliteStore, blocks: i64) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while count(store, "SELECT count(*) FROM blooms") < blocks {
        assert!(Instant::now() < deadline, "the indexer does not get on");
        std::thread::yield_now();
    }
}

#[test]
fn words_are_found_before_and_after_they_are_indexed() {
    let (folder, store) = open();
    for number in 1..=40 {
        let output = Json::from_value(&json!(format!("word{number} common")));
        ingest(
            &store,
            vec![Record {
                output: Some(output),
                ..span(number, 0)
            }],
        );
    }
    wait_for_blooms(&store, 16);
    ingest(&store, vec![span(100, 0)]);
    assert!(
        count(&store, "SELECT count(*) FROM blocks") > count(&store, "SELECT count(*) FROM blooms")
    );
    let found = |store: &SqliteStore, text: &str| list(store, text).rows.len();
    assert_eq!(found(&store, "word1"), 1);
    assert_eq!(found(&store, "common"), 40);
    assert_eq!(found(&store, "100"), 1);
    assert_eq!(found(&store, "word1 word2"), 0);

    // The filter decides: with empty ones nothing of these blocks is found.
    store.close();
    drop(store);
    let db = Connection::open(folder::database(folder.path())).unwrap();
    db.execute("UPDATE blooms SET bits = zeroblob(64)", [])
        .unwrap();
    drop(db);
    let store = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(found(&store, "word1"), 0);
    assert_eq!(found(&store, "100"), 1);
}

#[test]
fn an_indexer_that_was_interrupted_goes_on() {
    let (folder, store) = open();
    for number in 1..=40 {
        ingest(&store, vec![span(number, 0)]);
    }
    store.close();
    drop(store);
    let db = Connection::open(folder::database(folder.path())).unwrap();
    db.execute("DELETE FROM blooms WHERE block > 5", [])
        .unwrap();
    drop(db);
    let store = SqliteStore::open(folder.path()).unwrap();
    wait_for_blooms(&store, 21);
}

#[test]
fn a_search_without_time_says_that_it_is_partial() {
    let (_folder, store) = open();
    ingest(&store, vec![span(1, 0)]);
    let db = reader::open(&folder::database(&store.folder)).unwrap();
    let page = list::list(&db, "p", &filter("span"), Duration::ZERO).unwrap();
    assert!(page.partial && page.rows.is_empty());
    let page = list::list(&db, "p", &filter("span"), SEARCH_TIME).unwrap();
    assert!(!page.partial && page.rows.len() == 1);
}

#[test]
fn blocks_hold_up_to_64_spans_and_go_with_their_last_one() {
    let (_folder, store) = open();
    ingest(&store, (1..=150).map(|id| span(id, 0)).collect());
    assert_eq!(count(&store, "SELECT count(*) FROM blocks"), 3);
    assert_eq!(count(&store, "SELECT sum(live) FROM blocks"), 150);
    let ended = |id| Record {
        ended_at: Some(Timestamp::from_nanos(1000)),
        ..span(id, 0)
    };
    ingest(&store, (1..=150).map(ended).collect());
    assert_eq!(count(&store, "SELECT count(*) FROM blocks"), 3);
    assert_eq!(count(&store, "SELECT count(*) FROM payloads"), 3);
    assert_eq!(count(&store, "SELECT sum(live) FROM blocks"), 150);
    ingest(&store, (1..=150).map(ended).collect());
    assert_eq!(
        count(&store, "SELECT max(block) FROM blocks"),
        6,
        "the same again writes nothing"
    );
}

#[test]
fn of_a_forgotten_trace_no_block_keeps_anything() {
    let (folder, store) = open();
    let says = |id, parent, word: &str| Record {
        output: Some(Json::from_value(&word)),
        ..span(id, parent)
    };
    ingest(&store, vec![says(1, 0, "kept"), says(2, 0, "secret start")]);
    ingest(
        &store,
        vec![
            says(4, 0, "kept too"),
            says(2, 0, "secret end"),
            says(3, 2, "secret"),
        ],
    );
    let forget = |id| wait(store.forget("p".to_owned(), RecordId(id))).unwrap();
    assert!(!forget(3), "is no trace");
    assert!(forget(2) && !forget(2));
    assert!(!wait(store.forget("q".to_owned(), RecordId(1))).unwrap());

    let db = reader::open(&folder::database(folder.path())).unwrap();
    let mut blocks = db.prepare("SELECT block FROM blocks").unwrap();
    let blocks = blocks.query_map([], |row| row.get(0)).unwrap();
    let blocks = blocks.map(|block| super::blocks::load(&db, block.unwrap()).unwrap());
    let mut kept: Vec<String> = blocks
        .flat_map(|block| (0..block.len()).map(move |slot| block.record(slot).unwrap()))
        .map(|record| record.output.unwrap().as_str().to_owned())
        .collect();
    kept.sort();
    assert_eq!(kept, ["\"kept too\"", "\"kept\""]);
    assert_eq!(count(&store, "SELECT count(*) FROM trees"), 2);
    assert_eq!(count(&store, "SELECT count(*) FROM spans"), 2);
    assert_eq!(list(&store, "kept").rows.len(), 2);
    assert_eq!(list(&store, "secret").rows.len(), 0);
    // Its children have no parent when they come again.
    ingest(&store, vec![span(3, 2)]);
    assert_eq!(list(&store, "").rows.len(), 3);
}

#[test]
fn when_too_much_waits_more_is_refused_and_the_rest_is_kept() {
    let (_folder, store) = open();
    let blocker = Connection::open(folder::database(&store.folder)).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = Vec::new();
    let refused = loop {
        let batch = Batch {
            bytes: 10 << 20,
            ..batch(vec![span(waiting.len() as u128 + 1, 0)])
        };
        let mut answer = store.ingest(batch);
        match (&mut answer).now_or_never() {
            None => waiting.push(answer),
            Some(answer) => break answer,
        }
        assert!(waiting.len() < 100, "256 MiB wait at most");
    };
    assert!(
        matches!(refused, Err(StoreError::Overloaded)),
        "{refused:?}"
    );
    blocker.execute_batch("ROLLBACK").unwrap();
    let kept = waiting.len();
    for answer in waiting {
        wait(answer).unwrap();
    }
    assert_eq!(list(&store, "").rows.len(), kept);
}

#[test]
fn a_closed_store_refuses() {
    let (_folder, store) = open();
    store.close();
    store.close();
    assert!(matches!(
        wait(store.ingest(batch(vec![span(1, 0)]))),
        Err(StoreError::Closed)
    ));
}

#[test]
fn a_newer_store_is_left_alone() {
    let (folder, store) = open();
    drop(store);
    let db = Connection::open(folder::database(folder.path())).unwrap();
    db.pragma_update(None, "user_version", schema::VERSION + 1)
        .unwrap();
    drop(db);
    let error = SqliteStore::open(folder.path()).err().unwrap().to_string();
    assert!(
        error.contains("has version 2, this carrot knows up to 1"),
        "{error}"
    );
    assert!(SqliteStore::open_reader(folder.path()).is_err());
}

/// The steps of SQLite's machine that it takes to store records in requests of 100.
fn steps(records: Vec<Record>) -> u64 {
    let mut db = Connection::open_in_memory().unwrap();
    schema::migrate(&mut db).unwrap();
    let steps = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&steps);
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    db.progress_handler(10, Some(count)).unwrap();
    let spans = records.len() as i64;
    for part in records.chunks(100) {
        let mut commit = Commit::new(&db, Timestamp::from_nanos(0)).unwrap();
        let project = commit.project("p").unwrap();
        for record in commit::parents_first(part.to_vec()) {
            commit.put(project, record).unwrap();
        }
        commit.finish().unwrap();
    }
    let (trees, sum): (i64, i64) = db
        .query_row("SELECT count(*), sum(spans) FROM trees", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!((trees, sum), (1, spans));
    steps.load(Ordering::Relaxed)
}

/// Four times the spans take four times the work, and a little for the logarithm: whether the root
/// comes first or last, and whether the trace is wide or deep.
#[test]
fn large_traces_do_not_go_quadratic() {
    let used = |record| Record {
        metadata: json!({"input_tokens": 1}).as_object().unwrap().clone(),
        ..record
    };
    let wide = |id| used(span(id, u128::from(id > 1)));
    let chain = |id| used(span(id, id - 1));
    type Shape<'a> = (&'a str, &'a dyn Fn(u128) -> Vec<Record>);
    let shapes: [Shape<'_>; 4] = [
        ("wide", &|spans| (1..=spans).map(wide).collect()),
        ("wide, root last", &|spans| {
            (1..=spans).rev().map(wide).collect()
        }),
        ("chain", &|spans| (1..=spans).map(chain).collect()),
        ("chain, leaf first", &|spans| {
            (1..=spans).rev().map(chain).collect()
        }),
    ];
    for (shape, records) in shapes {
        let (few, many) = (steps(records(1000)), steps(records(4000)));
        assert!(
            many < few * 6,
            "{shape}: {few} for 1000 spans, {many} for 4000"
        );
    }
}
