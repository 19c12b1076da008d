//! Any damage: nothing invented, nothing altered, the rest is delivered.

use std::fs;
use std::path::Path;

use carrot_spool::{Losses, MAX_BLOCK_BYTES};
use proptest::prelude::*;

use crate::support::{all, at, deliver, files, is_empty, numbers, records, segment, spool};

const BLOCK_HEAD: usize = 28;

/// A segment as the format's own text says: where its head ends, and where each block begins and ends.
fn parts(bytes: &[u8]) -> (usize, Vec<std::ops::Range<usize>>) {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let begin = 20 + number(12);
    let mut blocks = Vec::new();
    let mut place = begin;
    while place < bytes.len() {
        let end = place + BLOCK_HEAD + number(place);
        blocks.push(place..end);
        place = end;
    }
    (begin, blocks)
}

/// Writes blocks of three records and leaves them; gives the bytes of their segment.
fn leave(root: &Path, blocks: u64) -> Vec<u8> {
    let mut left = spool(root);
    for block in 0..blocks {
        left.append(&records(block * 3..block * 3 + 3), at(block))
            .unwrap();
    }
    drop(left);
    fs::read(segment(root)).unwrap()
}

/// What a next process gets of it: its blocks, and what it counts.
fn rescue(root: &Path) -> (Vec<Vec<u64>>, Losses) {
    let mut next = spool(root);
    next.adopt(at(100)).unwrap();
    let blocks = all(&mut next, at(100));
    let found = blocks.iter().map(|block| numbers(&block.records)).collect();
    blocks
        .into_iter()
        .for_each(|block| next.settle(block.ticket));
    assert_eq!((next.waiting().adopted, next.waiting().bytes), (0, 0));
    assert!(next.next(at(100)).is_none());
    (found, next.take_losses())
}

fn block(number: usize) -> Vec<u64> {
    let first = number as u64 * 3;
    (first..first + 3).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_byte(place in any::<prop::sample::Index>(), flip in 1..=255_u8, blocks in 1..6_u64) {
        let root = tempfile::tempdir().unwrap();
        let mut bytes = leave(root.path(), blocks);
        let place = place.index(bytes.len());
        let (begin, places) = parts(&bytes);
        bytes[place] ^= flip;
        fs::write(segment(root.path()), &bytes).unwrap();

        let (found, losses) = rescue(root.path());
        let hit = places.iter().position(|it| it.contains(&place));
        let in_head = hit.is_some_and(|hit| place < places[hit].start + BLOCK_HEAD);
        let (expected, corrupt, corrupt_blocks): (Vec<usize>, u64, u64) = match hit {
            None => (vec![], 0, 1),
            // Where the next block is, is not known then.
            Some(hit) if in_head => ((0..hit).collect(), 0, 1),
            Some(hit) => ((0..places.len()).filter(|it| *it != hit).collect(), 3, 0),
        };
        let version = (8..12).contains(&place);
        if place < begin && version {
            // Left alone as a newer Carrot's, or set aside: it was no other version's number.
            prop_assert!(found.is_empty());
        } else {
            let expected: Vec<_> = expected.into_iter().map(block).collect();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(losses, Losses { corrupt, corrupt_blocks, ..Default::default() });
            // What was damaged is kept to be looked at; nothing else is.
            let kept = files(root.path());
            prop_assert_eq!(kept.len(), 1, "{:?}", kept);
            prop_assert!(kept[0].iter().any(|it| it == "corrupt"));
        }
    }

    #[test]
    fn any_truncation(place in any::<prop::sample::Index>(), blocks in 1..6_u64) {
        let root = tempfile::tempdir().unwrap();
        let bytes = leave(root.path(), blocks);
        let length = place.index(bytes.len());
        let (begin, places) = parts(&bytes);
        fs::write(segment(root.path()), &bytes[..length]).unwrap();

        let (found, losses) = rescue(root.path());
        let whole = places.iter().filter(|it| it.end <= length).count();
        prop_assert_eq!(found, (0..whole).map(block).collect::<Vec<_>>());
        let torn = places.iter().find(|it| it.start < length && length < it.end);
        let expected = match torn {
            // How many they were is in the block's head.
            Some(torn) if length >= torn.start + BLOCK_HEAD => (3, 0),
            Some(_) => (0, 1),
            None if length < begin => (0, 1),
            None => (0, 0),
        };
        prop_assert_eq!((losses.corrupt, losses.corrupt_blocks), expected);
        // Without its head nothing says whose it is: it is kept to be looked at.
        let kept = usize::from(length > 0 && length < begin);
        prop_assert_eq!(files(root.path()).len(), kept, "{:?}", files(root.path()));
        prop_assert_eq!(is_empty(root.path()), kept == 0);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2_000), keep in any::<prop::sample::Index>()) {
        let root = tempfile::tempdir().unwrap();
        let valid = leave(root.path(), 2);
        // Some of them behind the beginning of a segment.
        let keep = keep.index(valid.len() * 2).saturating_sub(valid.len());
        let (_, places) = parts(&valid);
        let hostile = [&valid[..keep], &bytes].concat();
        fs::write(segment(root.path()), &hostile).unwrap();
        let (found, _) = rescue(root.path());
        let whole = places.iter().filter(|it| it.end <= keep).count();
        prop_assert!(found.len() >= whole);
        for (number, records) in found.into_iter().enumerate() {
            prop_assert_eq!(records, block(number));
        }
    }
}

/// The format, once more, by what is in `format.rs`.
fn a_block(payload: &[u8], raw: u32, count: u32) -> Vec<u8> {
    let mut head = Vec::new();
    head.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    head.extend_from_slice(&raw.to_le_bytes());
    head.extend_from_slice(&count.to_le_bytes());
    head.extend_from_slice(&1_700_000_000_000_000_u64.to_le_bytes());
    head.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    head.extend_from_slice(&crc32fast::hash(&head).to_le_bytes());
    [&head, payload].concat()
}

#[test]
fn a_block_that_lies_about_its_length_is_damaged() {
    let bomb = zstd::bulk::compress(&vec![b'0'; 256 << 20], 1).unwrap();
    let text = zstd::bulk::compress(b"{}\n{}", 1).unwrap();
    let lies = [
        (a_block(&bomb, 100, 1), (1, 0)),
        (a_block(&bomb, MAX_BLOCK_BYTES as u32, 1), (1, 0)),
        (a_block(&bomb, 256 << 20, 1), (0, 1)),
        (a_block(&text, 5, 3), (3, 0)),
        (a_block(&text, 6, 2), (2, 0)),
        (a_block(&text, 5, 0), (0, 1)),
        (a_block(&text, 5, u32::MAX), (0, 1)),
        (a_block(b"no zstd", 5, 1), (1, 0)),
    ];
    for (lie, counted) in lies {
        let root = tempfile::tempdir().unwrap();
        let valid = leave(root.path(), 1);
        fs::write(segment(root.path()), [&valid[..], &lie].concat()).unwrap();
        let (found, losses) = rescue(root.path());
        assert_eq!(found, [block(0)]);
        assert_eq!((losses.corrupt, losses.corrupt_blocks), counted);
    }
    let root = tempfile::tempdir().unwrap();
    let valid = leave(root.path(), 1);
    let told = a_block(&text, 5, 2);
    fs::write(segment(root.path()), [&valid[..], &told].concat()).unwrap();
    let mut next = spool(root.path());
    assert_eq!(
        next.adopt(at(0)).unwrap(),
        5,
        "the block above is what it says"
    );
}

#[test]
fn a_newer_version_is_left_alone_and_told_of() {
    let root = tempfile::tempdir().unwrap();
    leave(root.path(), 2);
    let path = segment(root.path());
    let mut newer = fs::read(&path).unwrap();
    newer[8] = 2;
    let beside = path.with_file_name("0000000002.segment");
    fs::write(&beside, &newer).unwrap();

    let mut next = spool(root.path());
    assert_eq!(next.adopt(at(100)).unwrap(), 6);
    assert_eq!(next.waiting().newer_segments, 1);
    assert_eq!(deliver(&mut next, at(100)).len(), 6);
    assert_eq!(fs::read(&beside).unwrap(), newer);
    // The newer one can still take it over.
    drop(next);
    assert!(beside.with_file_name("lock").is_file());
    let mut last = spool(root.path());
    assert_eq!(last.adopt(at(100)).unwrap(), 0);
    assert_eq!(last.waiting().newer_segments, 1);
    assert!(last.take_losses().is_empty());
    assert_eq!(fs::read(&beside).unwrap(), newer);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    leave(root.path(), 1);
    let folder = segment(root.path()).parent().unwrap().to_owned();
    let program = folder.parent().unwrap().to_owned();
    let strangers = [
        root.path().join("notes.txt"),
        program.join("notes.txt"),
        program.join("not-a-writer/0000000001.segment"),
        folder.join("notes.txt"),
        folder.join("1.segment"),
        folder.join("0000000009.segment/in-a-folder"),
    ];
    for path in &strangers {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "mine").unwrap();
    }
    let mut next = spool(root.path());
    assert_eq!(next.adopt(at(0)).unwrap(), 3);
    assert_eq!(deliver(&mut next, at(0)), block(0));
    assert!(next.take_losses().is_empty());
    for path in &strangers {
        assert_eq!(fs::read(path).unwrap(), b"mine", "{}", path.display());
    }
}
