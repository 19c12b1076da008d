//! What a person sees, and does by hand.

use std::fs;
use std::path::Path;

use carrot_spool::{Entry, State, list};

use crate::support::{at, destination, files, is_empty, numbers, records, segment, spool};

/// The only entry.
fn one(root: &Path) -> Entry {
    let [entry] = list(root).unwrap().try_into().unwrap();
    entry
}

#[test]
fn what_lies_there_is_told_and_nothing_is_changed_by_that() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(list(&root.path().join("none")).unwrap(), []);
    let mut owner = spool(root.path());
    owner.append(&records(0..3), at(5)).unwrap();
    owner.append(&records(3..5), at(6)).unwrap();
    let entry = one(root.path());
    let destination = destination();
    let told = (
        entry.program.as_str(),
        entry.to.as_str(),
        &entry.project,
        &entry.key,
    );
    assert_eq!(
        told,
        ("agent", destination.to.as_str(), &None, &destination.key)
    );
    assert_eq!(
        (entry.state, entry.records, entry.oldest),
        (State::InUse, 5, Some(at(5)))
    );
    assert_eq!(entry.bytes, segment(root.path()).metadata().unwrap().len());

    owner
        .keep_refused(&records(5..6), "422: no", at(7))
        .unwrap();
    owner
        .keep_refused(&records(6..8), "422: no", at(8))
        .unwrap();
    owner
        .keep_refused(&records(8..9), "413: large", at(9))
        .unwrap();
    drop(owner);
    let before = files(root.path());
    let states: Vec<(State, u64)> = list(root.path())
        .unwrap()
        .into_iter()
        .map(|it| (it.state, it.records))
        .collect();
    let refused = |reason: &str| State::Refused {
        reason: reason.to_owned(),
    };
    let mut expected = vec![
        (State::Left, 5),
        (refused("413: large"), 1),
        (refused("422: no"), 3),
    ];
    let mut sorted = states;
    sorted.sort();
    expected.sort();
    assert_eq!(sorted, expected);
    assert_eq!(files(root.path()), before);
}

#[test]
fn what_was_left_is_delivered_by_hand() {
    let root = tempfile::tempdir().unwrap();
    let mut owner = spool(root.path());
    owner.append(&records(0..3), at(0)).unwrap();
    owner.append(&records(3..4), at(1)).unwrap();
    owner.append(&records(4..5), at(2)).unwrap();
    assert!(
        one(root.path()).take(at(3)).unwrap().is_none(),
        "its owner lives"
    );
    owner.mark_key_refused().unwrap();
    drop(owner);
    let entry = one(root.path());
    assert_eq!(entry.state, State::KeyRefused);
    // Years later, too.
    let mut taken = entry.take(at(1 << 30)).unwrap().unwrap();
    assert!(entry.take(at(3)).unwrap().is_none(), "somebody has it");
    assert_eq!(one(root.path()).state, State::InUse);
    let first = taken.next(at(1 << 30)).unwrap();
    assert_eq!(numbers(&first.records), [0, 1, 2]);
    taken.settle(first.ticket);
    let second = taken.next(at(1 << 30)).unwrap();
    taken.set_aside(second.ticket, "no", at(4)).unwrap();
    let third = taken.next(at(1 << 30)).unwrap();
    taken.put_back(third.ticket);
    drop(taken);
    // Not all of it was settled: it is there again, but for what was set aside as well.
    let mut left = list(root.path()).unwrap();
    left.sort_by(|a, b| a.state.cmp(&b.state));
    let [again, refused] = left.try_into().unwrap();
    assert_eq!((again.records, refused.records), (5, 1));
    for (entry, expected) in [(again, vec![0, 1, 2, 3, 4]), (refused, vec![3])] {
        let mut taken = entry.take(at(5)).unwrap().unwrap();
        let mut found = Vec::new();
        while let Some(block) = taken.next(at(5)) {
            found.extend(numbers(&block.records));
            taken.settle(block.ticket);
        }
        assert_eq!(found, expected);
        assert!(taken.take_losses().is_empty());
    }
    assert!(is_empty(root.path()), "{:?}", files(root.path()));
}

#[test]
fn what_is_not_wanted_is_deleted_by_hand() {
    let root = tempfile::tempdir().unwrap();
    let mut owner = spool(root.path());
    owner.append(&records(0..3), at(10)).unwrap();
    let entry = one(root.path());
    assert_eq!(entry.discard(None).unwrap(), None, "its owner lives");
    drop(owner);
    assert_eq!(
        entry.discard(Some(at(10))).unwrap(),
        None,
        "it was in use when it was listed"
    );
    let entry = one(root.path());
    assert_eq!(
        entry.discard(Some(at(10))).unwrap(),
        Some(Default::default())
    );
    let gone = entry.discard(Some(at(11))).unwrap().unwrap();
    assert_eq!((gone.records, gone.bytes), (3, entry.bytes));
    assert!(is_empty(root.path()));

    spool(root.path())
        .keep_refused(&records(0..2), "no", at(10))
        .unwrap();
    spool(root.path())
        .keep_refused(&records(2..3), "no", at(20))
        .unwrap();
    assert_eq!(
        one(root.path())
            .discard(Some(at(15)))
            .unwrap()
            .unwrap()
            .records,
        2
    );
    assert_eq!(one(root.path()).discard(None).unwrap().unwrap().records, 1);
    assert!(is_empty(root.path()));
}

#[test]
fn damaged_bytes_are_told_of_and_deleted() {
    let root = tempfile::tempdir().unwrap();
    let mut owner = spool(root.path());
    owner.append(&records(0..3), at(10)).unwrap();
    drop(owner);
    let path = segment(root.path());
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(path, bytes).unwrap();
    let mut next = spool(root.path());
    next.adopt(at(20)).unwrap();
    assert!(next.next(at(20)).is_none());
    drop(next);
    let entry = one(root.path());
    assert_eq!(
        (&entry.state, entry.to.as_str()),
        (&State::Corrupt, destination().to.as_str())
    );
    assert_eq!(entry.oldest, Some(at(20)));
    assert!(entry.take(at(20)).unwrap().is_none());
    assert_eq!(entry.discard(None).unwrap().unwrap().bytes, entry.bytes);
    assert!(is_empty(root.path()));
}

#[test]
fn a_newer_carrot_s_segments_are_told_of_and_stay() {
    let root = tempfile::tempdir().unwrap();
    spool(root.path()).append(&records(0..3), at(10)).unwrap();
    let path = segment(root.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 9;
    fs::write(path, bytes).unwrap();
    let entry = one(root.path());
    assert_eq!(entry.state, State::Newer);
    assert!(entry.take(at(20)).unwrap().is_none());
    assert_eq!(entry.discard(None).unwrap(), None);
    assert_eq!(one(root.path()), entry);
}
