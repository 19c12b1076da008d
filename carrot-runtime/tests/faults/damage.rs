//! What one run left, damaged before the next or refused of it.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use carrot_spool::State;
use serde_json::json;

use crate::collector::Answer;
use crate::outage::{Outage, clean_up, is_second_run, say_sum, shut_down_and_say, spooled};
use crate::program::{ROOT, is_child, program, say, step, steps};

/// Of a block, before its payload.
const BLOCK_HEAD: usize = 28;
/// So many records go into each.
const BATCH: usize = 10;
const BLOCKS: usize = 20;

/// The one file with records.
fn segment(folder: &Path) -> PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|it| it == "segment") {
                return path;
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    panic!("there is none");
}

/// Where its blocks begin, as docs/spool.md tells the format.
fn blocks(bytes: &[u8]) -> Vec<usize> {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let mut at = 20 + number(12);
    let mut blocks = Vec::new();
    while at < bytes.len() {
        blocks.push(at);
        at += BLOCK_HEAD + number(at);
    }
    blocks
}

/// One block is altered and the last is torn; all others are delivered, and what is lost is counted and kept aside.
#[test]
fn a_corrupt_and_a_torn_block_among_good_ones() {
    if is_child() {
        if !is_second_run() {
            (0..BATCH * BLOCKS).for_each(|_| step(&ROOT, || ()));
            return shut_down_and_say();
        }
        say_sum(&carrot_runtime::shutdown());
        let stats = carrot_runtime::stats();
        let to = &stats.destinations[0];
        let lost = &to.adopted_dropped;
        return say(json!([to.adopted, lost.corrupt, lost.total()]));
    }
    let outage = Outage::begin();
    let program = || {
        let program = outage.of(program!(a_corrupt_and_a_torn_block_among_good_ones));
        program.env("CARROT_BATCH_SIZE", &BATCH.to_string())
    };
    let ended = program().run();
    assert_eq!(spooled(&ended.said[0]), (BATCH * BLOCKS) as u64);

    let path = segment(outage.folder());
    let mut bytes = fs::read(&path).unwrap();
    let places = blocks(&bytes);
    assert_eq!(places.len(), BLOCKS);
    bytes[places[7] + BLOCK_HEAD + 5] ^= 0x10;
    fs::write(&path, &bytes).unwrap();
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(bytes.len() as u64 - 3).unwrap();

    outage.end();
    let ended = clean_up(program());
    outage.assert_stored(BATCH * (BLOCKS - 2));
    let corrupt = carrot_spool::list(outage.folder()).unwrap();
    let corrupt = corrupt.iter().filter(|it| it.state == State::Corrupt);
    assert!(corrupt.map(|it| it.bytes).sum::<u64>() > 0);
    assert_eq!(ended.counts(), [0, 0, 0, 0]);
    let (delivered, lost) = (BATCH * (BLOCKS - 2), BATCH * 2);
    assert_eq!(ended.said[1], json!([delivered, lost, lost]));
    assert_eq!(ended.warnings().len(), 1, "{}", ended.stderr);
}

/// What an earlier run left and the collector refuses for good is no loss of this one's: its own report adds up.
#[test]
fn what_others_left_is_refused() {
    if is_child() {
        if !is_second_run() {
            steps(24);
            return shut_down_and_say();
        }
        steps(4);
        say_sum(&carrot_runtime::shutdown());
        let stats = carrot_runtime::stats();
        let to = &stats.destinations[0];
        return say(json!([to.adopted, to.adopted_dropped.rejected]));
    }
    let outage = Outage::then(Answer::Say(503, ""), |records| match records.len() {
        5 => Answer::Accept,
        _ => Answer::AcceptBut(vec![0, 1]),
    });
    let program = || program!(what_others_left_is_refused);
    let ended = outage.of(program()).run();
    assert_eq!(spooled(&ended.said[0]), 25);
    outage.end();
    let ended = clean_up(outage.of(program()));
    assert_eq!(ended.counts(), [5, 0, 0, 0]);
    assert_eq!(ended.said[1], json!([23, 2]));
    assert_eq!(outage.collector.ended().len(), 28);
}
