//! One process, then the next.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use bytes::Bytes;
use carrot_spool::{Destination, Losses, MAX_BLOCK_BYTES, Settings, Spool, SpoolError};

use crate::support::{
    all, at, deliver, destination, files, is_empty, numbers, records, segment, spool,
};

#[test]
fn what_is_healthy_touches_no_disk() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("above/spool");
    let mut spool = spool(&root);
    assert_eq!(spool.adopt(at(0)).unwrap(), 0);
    assert!(spool.next(at(0)).is_none());
    spool.append(&[], at(0)).unwrap();
    spool.sync().unwrap();
    spool.mark_key_refused().unwrap();
    assert_eq!(spool.waiting(), Default::default());
    assert!(is_empty(folder.path()));
}

#[test]
fn records_come_back_as_they_were_oldest_first() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = spool(root.path());
    let odd = [
        Bytes::from_static(b"{\"a\":\n [1,\r\n2]}"),
        Bytes::from_static(b"{\"b\":\"\\n\xc3\xa9\"}"),
        Bytes::from_static(b""),
    ];
    spool.append(&odd, at(0)).unwrap();
    spool.append(&records(1..4), at(1)).unwrap();
    spool.append(&records(4..5), at(2)).unwrap();
    spool.sync().unwrap();
    let waiting = spool.waiting();
    assert_eq!((waiting.own, waiting.adopted), (7, 0));
    assert_eq!(
        waiting.bytes,
        fs::metadata(segment(root.path())).unwrap().len()
    );

    let blocks = all(&mut spool, at(3));
    assert!(blocks.iter().all(|block| block.own));
    // In JSON, a line feed outside of a text is as good as a space.
    let even: [&[u8]; 3] = [b"{\"a\":  [1,\r 2]}", &odd[1], b""];
    assert_eq!(blocks[0].records, even);
    assert_eq!(numbers(&blocks[1].records), [1, 2, 3]);
    assert_eq!(numbers(&blocks[2].records), [4]);
    // They wait until it is known what became of them.
    assert_eq!(spool.waiting().own, 7);
    let [first, second, third] = blocks.try_into().unwrap();
    spool.put_back(third.ticket);
    spool.put_back(first.ticket);
    spool.settle(second.ticket);
    assert_eq!(spool.waiting().own, 4);
    let again = all(&mut spool, at(3));
    let found: Vec<usize> = again.iter().map(|block| block.records.len()).collect();
    assert_eq!(found, [3, 1]);
    again
        .into_iter()
        .for_each(|block| spool.settle(block.ticket));
    assert_eq!(spool.waiting(), Default::default());
    assert!(is_empty(root.path()), "{:?}", files(root.path()));

    // And begins anew.
    spool.append(&records(5..6), at(4)).unwrap();
    assert_eq!(deliver(&mut spool, at(4)), [5]);
    assert_eq!(spool.take_losses(), Losses::default());
    assert!(is_empty(root.path()));
}

#[test]
fn what_a_process_leaves_is_taken_over_by_the_next() {
    let root = tempfile::tempdir().unwrap();
    let mut first = spool(root.path());
    first.append(&records(0..3), at(0)).unwrap();
    first.append(&records(3..5), at(1)).unwrap();
    let settled = first.next(at(1)).unwrap();
    first.settle(settled.ticket);

    let mut second = spool(root.path());
    second.append(&records(5..6), at(2)).unwrap();
    assert_eq!(second.adopt(at(2)).unwrap(), 0, "the first one lives");
    drop(first);
    // A segment is there until all of it is settled: sending again does no harm.
    assert_eq!(second.adopt(at(2)).unwrap(), 5);
    assert_eq!(second.adopt(at(2)).unwrap(), 0);
    let mut third = spool(root.path());
    assert_eq!(third.adopt(at(2)).unwrap(), 0, "the second one has it");
    let waiting = second.waiting();
    assert_eq!((waiting.own, waiting.adopted), (1, 5));
    let blocks = all(&mut second, at(2));
    let own: Vec<bool> = blocks.iter().map(|block| block.own).collect();
    assert_eq!(own, [false, false, true]);
    blocks
        .into_iter()
        .for_each(|block| second.put_back(block.ticket));
    assert_eq!(deliver(&mut second, at(2)), [0, 1, 2, 3, 4, 5]);
    assert!(second.take_losses().is_empty());
    assert!(is_empty(root.path()), "{:?}", files(root.path()));
}

#[test]
fn programs_destinations_and_projects_are_apart() {
    let root = tempfile::tempdir().unwrap();
    let settings = || Settings::new(root.path());
    let project = |name: &str| Some(name.to_owned());
    let others = [
        Destination {
            program: "agent2".to_owned(),
            ..destination()
        },
        Destination {
            to: "http://127.0.0.1:7421".to_owned(),
            ..destination()
        },
        Destination {
            project: project("p"),
            ..destination()
        },
        Destination {
            project: project(""),
            ..destination()
        },
    ];
    for (number, other) in others.iter().enumerate() {
        let mut spool = Spool::new(settings(), other.clone());
        spool.append(&records([number as u64]), at(0)).unwrap();
    }
    assert_eq!(spool(root.path()).adopt(at(0)).unwrap(), 0);
    for (number, other) in others.into_iter().enumerate() {
        let mut spool = Spool::new(settings(), other);
        assert_eq!(spool.adopt(at(0)).unwrap(), 1);
        assert_eq!(deliver(&mut spool, at(0)), [number as u64]);
    }
    assert!(is_empty(root.path()));
}

#[test]
fn hostile_names_stay_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("spool");
    let long = "x".repeat(100_000);
    for program in [
        "../../out",
        "/etc/passwd",
        "",
        ".",
        "..",
        "a\0b\n",
        "nul\u{202e}ütf",
        &long,
    ] {
        let hostile = Destination {
            program: program.to_owned(),
            to: long.clone(),
            project: Some("\u{1}".repeat(10_000)),
            key: None,
        };
        let mut spool = Spool::new(Settings::new(&root), hostile.clone());
        spool.append(&records(0..1), at(0)).unwrap();
        drop(spool);
        let [program] = fs::read_dir(&root)
            .unwrap()
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        let name = program.unwrap().file_name().into_string().unwrap();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        assert!(
            name.len() < 64 && !name.starts_with('.') && name.chars().all(is_plain),
            "{name}"
        );
        let mut next = Spool::new(Settings::new(&root), hostile);
        assert_eq!(next.adopt(at(0)).unwrap(), 1);
        assert_eq!(deliver(&mut next, at(0)), [0]);
        assert!(is_empty(&root));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_block_that_is_too_large_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = spool(root.path());
    let huge = Bytes::from(vec![b'1'; MAX_BLOCK_BYTES + 1]);
    let error = spool
        .append(std::slice::from_ref(&huge), at(0))
        .unwrap_err();
    assert!(matches!(error, SpoolError::TooLarge { bytes } if bytes == MAX_BLOCK_BYTES as u64 + 1));
    assert!(is_empty(root.path()));
    spool.append(&[huge.slice(1..)], at(0)).unwrap();
    let block = spool.next(at(0)).unwrap();
    assert_eq!(block.records[0].len(), MAX_BLOCK_BYTES);
    spool.settle(block.ticket);
    assert!(is_empty(root.path()));
}

#[test]
fn a_folder_that_somebody_removed_is_made_again() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = spool(root.path());
    spool
        .append(&[crate::support::large(0, 3 << 20)], at(0))
        .unwrap();
    let program = fs::read_dir(root.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::remove_dir_all(program).unwrap();
    // Too much for the segment that is open: the next one is to be made.
    spool
        .append(&[crate::support::large(1, 3 << 20)], at(1))
        .unwrap();
    assert_eq!(deliver(&mut spool, at(2)), [1]);
    assert_eq!(spool.take_losses().corrupt, 1);
    assert!(is_empty(root.path()));
}

#[test]
fn refused_records_are_kept_aside_and_not_given_again() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = spool(root.path());
    spool.append(&records(0..2), at(0)).unwrap();
    let block = spool.next(at(0)).unwrap();
    spool.set_aside(block.ticket, "422: no", at(1)).unwrap();
    spool
        .keep_refused(&records(2..3), "413: large", at(2))
        .unwrap();
    assert_eq!(spool.waiting(), Default::default());
    assert!(spool.next(at(2)).is_none());
    drop(spool);
    let mut next = crate::support::spool(root.path());
    assert_eq!(next.adopt(at(3)).unwrap(), 0);
    let names = files(root.path());
    assert_eq!(names.len(), 2, "{names:?}");
    // They age, too.
    let later = at(8 * 24 * 60 * 60);
    next.append(&records(3..4), later).unwrap();
    assert_eq!(next.adopt(later).unwrap(), 0);
    assert_eq!(deliver(&mut next, later), [3]);
    assert!(is_empty(root.path()), "{:?}", files(root.path()));
}

/// A few folders are held at once; the spool says when there is room for more.
#[test]
fn what_many_left_is_taken_over_bit_by_bit() {
    let root = tempfile::tempdir().unwrap();
    for number in 0..150 {
        spool(root.path())
            .append(&records([number]), at(0))
            .unwrap();
    }
    let mut taker = spool(root.path());
    let mut found = Vec::new();
    let mut times = 0;
    while times == 0 || taker.left_some() {
        times += 1;
        assert_eq!(taker.adopt(at(1)).unwrap(), if times < 3 { 64 } else { 22 });
        assert!(!taker.left_some(), "there is no room for more");
        found.extend(deliver(&mut taker, at(1)));
    }
    found.sort_unstable();
    assert_eq!(found, (0..150).collect::<Vec<_>>());
    assert!(is_empty(root.path()));
}

/// Counts a thread that ended, also by a panic.
struct Done<'a>(&'a AtomicU64);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Writers that begin and end while others look for what is left: no folder is taken from under its owner.
#[test]
fn a_folder_that_is_being_made_is_not_taken() {
    const WRITERS: u64 = 4;
    const ROUNDS: u64 = 100;
    let root = tempfile::tempdir().unwrap();
    let done = AtomicU64::new(0);
    let found = std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (root, done) = (root.path(), &done);
            scope.spawn(move || {
                let _done = Done(done);
                for round in 0..ROUNDS {
                    let mut spool = spool(root);
                    spool
                        .append(&records([writer * ROUNDS + round]), at(0))
                        .unwrap();
                    if round % 2 == 0 {
                        assert_eq!(deliver(&mut spool, at(0)), [writer * ROUNDS + round]);
                        assert!(spool.take_losses().is_empty());
                    }
                }
            });
        }
        let mut taker = spool(root.path());
        let mut found = BTreeSet::new();
        loop {
            let last = done.load(SeqCst) == WRITERS;
            // Not all that is left is taken over at once.
            let adopted = taker.adopt(at(1)).unwrap();
            for number in deliver(&mut taker, at(1)) {
                assert!(found.insert(number), "{number} came twice");
            }
            if last && adopted == 0 {
                assert!(taker.take_losses().is_empty());
                return found;
            }
        }
    });
    let expected = (0..WRITERS * ROUNDS).filter(|number| number % 2 == 1);
    assert_eq!(found, expected.collect());
    assert!(is_empty(root.path()), "{:?}", files(root.path()));
}
