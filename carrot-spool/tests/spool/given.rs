//! Blocks that are on their way to the destination when they are written.

use carrot_spool::Spool;

use crate::support::{all, at, deliver, is_empty, numbers, records, segments, spool};

/// What the blocks hold that can be had now, which are put back.
fn look(spool: &mut Spool) -> Vec<Vec<u64>> {
    let blocks = all(spool, at(9));
    let found = blocks.iter().map(|block| numbers(&block.records)).collect();
    blocks
        .into_iter()
        .for_each(|block| spool.put_back(block.ticket));
    found
}

#[test]
fn what_is_given_is_not_given_again_and_waits_until_it_is_settled() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = spool(root.path());
    let first = spool.append_given(&records(0..2), at(0)).unwrap();
    spool.append(&records(2..4), at(1)).unwrap();
    let second = spool.append_given(&records(4..7), at(2)).unwrap();
    spool.append(&records(7..8), at(3)).unwrap();
    assert_eq!(spool.waiting().own, 8);
    assert_eq!(look(&mut spool), [vec![2, 3], vec![7]]);

    spool.settle(first);
    assert_eq!(spool.waiting().own, 6);
    spool.put_back(second);
    assert_eq!(look(&mut spool), [vec![2, 3], vec![4, 5, 6], vec![7]]);
    assert_eq!(deliver(&mut spool, at(9)), [2, 3, 4, 5, 6, 7]);
    assert!(spool.take_losses().is_empty());
    assert!(is_empty(root.path()));
}

#[test]
fn a_file_of_such_blocks_alone_goes_when_they_are_settled() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = spool(root.path());
    let tickets: Vec<_> = (0..3)
        .map(|n| spool.append_given(&records([n]), at(n)).unwrap())
        .collect();
    assert!(!spool.has_unsent());
    assert_eq!((segments(root.path()).len(), spool.waiting().own), (1, 3));
    tickets.into_iter().rev().for_each(|it| spool.settle(it));
    assert!(is_empty(root.path()));

    // After one that was read before, and settled last.
    spool.append(&records([3]), at(3)).unwrap();
    let ticket = spool.append_given(&records([4]), at(4)).unwrap();
    let block = spool.next(at(5)).unwrap();
    spool.settle(ticket);
    spool.settle(block.ticket);
    assert!(is_empty(root.path()));
}

#[test]
fn what_is_refused_on_its_way_is_kept_aside() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = spool(root.path());
    spool.append(&records(0..2), at(0)).unwrap();
    let ticket = spool.append_given(&records(2..4), at(1)).unwrap();
    spool.set_aside(ticket, "no", at(2)).unwrap();
    assert_eq!(deliver(&mut spool, at(3)), [0, 1]);
    let aside = carrot_spool::list(root.path()).unwrap();
    assert_eq!((aside.len(), aside[0].records), (1, 2));
}

/// Its process is gone, and whether it arrived is not known.
#[test]
fn who_comes_next_delivers_what_was_on_its_way() {
    let root = tempfile::tempdir().unwrap();
    let mut left = spool(root.path());
    left.append(&records(0..2), at(0)).unwrap();
    let _lost = left.append_given(&records(2..4), at(1)).unwrap();
    drop(left);
    let mut next = spool(root.path());
    assert_eq!(next.adopt(at(2)).unwrap(), 4);
    assert_eq!(deliver(&mut next, at(2)), [0, 1, 2, 3]);
    assert!(is_empty(root.path()));
}

#[test]
fn nothing_is_given_of_nothing() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = spool(root.path());
    spool.append(&records(0..1), at(0)).unwrap();
    spool.append_given(&[], at(1)).unwrap_err();
    assert_eq!(deliver(&mut spool, at(2)), [0]);
}
