//! The tables, and the steps from each version of them to the next.

use rusqlite::Connection;

/// Each step leads from the version that is its index to the next one. Steps are never changed once
/// released, only added.
const STEPS: &[&str] = &[V1];

/// The version that this program writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Times are nanoseconds since 1970, ids 16 bytes, costs 10⁻¹² US dollars, kinds and the like their
/// codes in carrot-wire.
const V1: &str = "
CREATE TABLE projects (
    project INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE
) STRICT;

-- One row a span: what is filtered, added up and linked. The record itself is in a block.
CREATE TABLE spans (
    span          INTEGER PRIMARY KEY,
    project       INTEGER NOT NULL,
    id            BLOB NOT NULL,
    parent        BLOB,
    tree          INTEGER NOT NULL,
    external_id   TEXT,
    name          TEXT,
    kind          INTEGER NOT NULL,
    status        INTEGER NOT NULL,
    level         INTEGER,
    started       INTEGER NOT NULL,
    ended         INTEGER,
    session       TEXT,
    user          TEXT,
    model         TEXT,
    request_model TEXT,
    tags          TEXT,
    input_tokens  INTEGER,
    output_tokens INTEGER,
    total_tokens  INTEGER,
    cached_tokens INTEGER,
    cost          INTEGER,
    usage_below   INTEGER NOT NULL,
    block         INTEGER NOT NULL,
    slot          INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX spans_by_id ON spans (project, id);
CREATE INDEX spans_by_tree ON spans (tree);
CREATE INDEX spans_by_external_id ON spans (project, external_id) WHERE external_id IS NOT NULL;

-- One row a trace: its root, and sums over all its spans. A span whose parent is not there is a
-- root and waits for it.
CREATE TABLE trees (
    tree          INTEGER PRIMARY KEY,
    project       INTEGER NOT NULL,
    root          INTEGER NOT NULL,
    id            BLOB NOT NULL,
    waits_for     BLOB,
    started       INTEGER NOT NULL,
    name          TEXT,
    status        INTEGER NOT NULL,
    session       TEXT,
    user          TEXT,
    spans         INTEGER NOT NULL,
    errors        INTEGER NOT NULL,
    usages        INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    total_tokens  INTEGER NOT NULL,
    priced        INTEGER NOT NULL,
    cost          INTEGER NOT NULL,
    head          TEXT NOT NULL
) STRICT;
CREATE INDEX trees_by_time ON trees (project, started DESC, id);
CREATE INDEX trees_waiting ON trees (project, waits_for) WHERE waits_for IS NOT NULL;

-- How many spans of a tree have a model, a tag, a kind.
CREATE TABLE labels (
    tree  INTEGER NOT NULL,
    label INTEGER NOT NULL,
    value TEXT NOT NULL,
    spans INTEGER NOT NULL,
    PRIMARY KEY (tree, label, value)
) STRICT, WITHOUT ROWID;

-- Blocks of records. `spans` has the 8 bytes of each span's key; `live` of them still are here.
CREATE TABLE blocks (
    block   INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    live    INTEGER NOT NULL,
    spans   BLOB NOT NULL
) STRICT;
CREATE TABLE payloads (
    block INTEGER PRIMARY KEY,
    data  BLOB NOT NULL
) STRICT;

-- The words of each block. They are made in order, so the last one is how far the indexer came.
CREATE TABLE blooms (
    block INTEGER PRIMARY KEY,
    bits  BLOB NOT NULL
) STRICT;
";

/// The version of the tables in a database; 0 for a new one.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings the tables to [`VERSION`], each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let found = version(connection)?;
    for (at, step) in STEPS.iter().enumerate().skip(found.max(0) as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", at as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
