//! Size, age, and clocks that jump.

use std::time::{Duration, UNIX_EPOCH};

use carrot_spool::{Losses, Settings, SpoolError};

use crate::support::{
    all, at, deliver, files, is_empty, large, numbers, records, segments, small, spool,
};

const DAY: u64 = 24 * 60 * 60;

fn on_disk(root: &std::path::Path) -> u64 {
    files(root)
        .iter()
        .map(|file| file.metadata().unwrap().len())
        .sum()
}

#[test]
fn the_oldest_go_first_and_are_counted() {
    let root = tempfile::tempdir().unwrap();
    let max = 256 * 1024;
    let mut spool = small(root.path(), max);
    for number in 0..200 {
        spool.append(&[large(number, 5_000)], at(number)).unwrap();
        assert!(on_disk(root.path()) <= max, "{}", on_disk(root.path()));
    }
    let lost = spool.take_losses();
    let found = deliver(&mut spool, at(200));
    assert!(found.len() > 25, "{found:?}");
    assert_eq!(found, ((200 - found.len() as u64)..200).collect::<Vec<_>>());
    let too_many = 200 - found.len() as u64;
    assert_eq!(
        lost,
        Losses {
            too_many,
            ..Losses::default()
        }
    );
    assert!(is_empty(root.path()));
}

#[test]
fn what_others_left_goes_before_our_own() {
    let root = tempfile::tempdir().unwrap();
    let max = 256 * 1024;
    for process in 0..4 {
        let mut left = small(root.path(), max);
        let of_process = (0..5).map(|number| large(process * 5 + number, 5_000));
        of_process.for_each(|record| left.append(&[record], at(process)).unwrap());
    }
    let mut spool = small(root.path(), max);
    for number in 20..60 {
        spool.append(&[large(number, 5_000)], at(number)).unwrap();
        assert!(on_disk(root.path()) <= max);
    }
    let lost = spool.take_losses().too_many;
    assert!(lost > 0);
    // Nobody has taken it over yet, but it was dropped for its age.
    spool.adopt(at(60)).unwrap();
    assert_eq!(deliver(&mut spool, at(60)), (lost..60).collect::<Vec<_>>());
    assert!(is_empty(root.path()));
}

#[test]
fn what_lives_is_not_dropped_by_others() {
    let root = tempfile::tempdir().unwrap();
    let max = 256 * 1024;
    let mut first = small(root.path(), max);
    (0..60).for_each(|number| first.append(&[large(number, 5_000)], at(number)).unwrap());
    let before = first.take_losses().too_many;
    let mut second = small(root.path(), max);
    // More than one segment of the first, which is what is free at most.
    let error = second.append(&[large(100, 40_000)], at(100)).unwrap_err();
    assert!(matches!(error, SpoolError::Full), "{error}");
    let found = deliver(&mut first, at(101));
    assert_eq!(found.len() as u64, 60 - before);
    // There is room again.
    second.append(&[large(101, 5_000)], at(101)).unwrap();
    assert_eq!(deliver(&mut second, at(102)).last(), Some(&101));
    assert!(is_empty(root.path()));
}

#[test]
fn what_was_refused_makes_room_before_anything_that_waits() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = small(root.path(), 256 * 1024);
    (0..10).for_each(|number| spool.append(&[large(number, 5_000)], at(number)).unwrap());
    for number in 100..200 {
        spool
            .keep_refused(&[large(number, 5_000)], "no", at(number))
            .unwrap();
    }
    assert!(on_disk(root.path()) <= 256 * 1024);
    assert!(spool.take_losses().is_empty());
    (10..30).for_each(|number| spool.append(&[large(number, 5_000)], at(number)).unwrap());
    assert_eq!(deliver(&mut spool, at(200)), (0..30).collect::<Vec<_>>());
    assert!(spool.take_losses().is_empty());
}

#[test]
fn blocks_that_are_out_when_their_segment_goes_are_not_lost_before_they_are_put_back() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = small(root.path(), 128 * 1024);
    spool.append(&records(0..3), at(0)).unwrap();
    spool.append(&records(3..5), at(0)).unwrap();
    let [first, second] = all(&mut spool, at(0)).try_into().unwrap();
    (10..60).for_each(|number| spool.append(&[large(number, 5_000)], at(number)).unwrap());
    let lost = spool.take_losses().too_many;
    assert_eq!(lost + spool.waiting().own, 50);
    spool.settle(first.ticket);
    spool.put_back(second.ticket);
    assert_eq!(spool.take_losses().too_many, 2);
    assert_eq!(deliver(&mut spool, at(60)).len() as u64, 50 - lost);
}

#[test]
fn what_is_too_old_is_dropped_and_counted() {
    let root = tempfile::tempdir().unwrap();
    let mut left = spool(root.path());
    left.append(&records(0..3), at(0)).unwrap();
    left.append(&records(3..5), at(DAY)).unwrap();
    drop(left);
    // Within one segment, as it is read.
    let mut next = spool(root.path());
    assert_eq!(next.adopt(at(7 * DAY + 1)).unwrap(), 5);
    let blocks = all(&mut next, at(7 * DAY + 1));
    assert_eq!(blocks.len(), 1);
    assert_eq!(numbers(&blocks[0].records), [3, 4]);
    assert_eq!(
        next.take_losses(),
        Losses {
            too_old: 3,
            ..Losses::default()
        }
    );
    blocks
        .into_iter()
        .for_each(|block| next.put_back(block.ticket));
    // All of a segment, without reading it.
    next.append(&records(5..6), at(8 * DAY + 1)).unwrap();
    next.adopt(at(8 * DAY + 1)).unwrap();
    assert_eq!(next.take_losses().too_old, 2);
    assert_eq!(segments(root.path()).len(), 1);
    assert_eq!(deliver(&mut next, at(8 * DAY + 1)), [5]);
    assert!(is_empty(root.path()));
}

#[test]
fn a_clock_that_jumps_back_loses_nothing() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = spool(root.path());
    spool.append(&records(0..1), at(100 * DAY)).unwrap();
    for (number, wrong) in [UNIX_EPOCH, at(0), UNIX_EPOCH - Duration::from_secs(1)]
        .into_iter()
        .enumerate()
    {
        spool.append(&records([number as u64 + 1]), wrong).unwrap();
        spool.adopt(wrong).unwrap();
        all(&mut spool, wrong)
            .into_iter()
            .for_each(|block| spool.put_back(block.ticket));
    }
    drop(spool);
    // Those that were written while it was wrong are not old when it is right again.
    let mut next = crate::support::spool(root.path());
    for now in [UNIX_EPOCH, at(0), at(101 * DAY)] {
        next.adopt(now).unwrap();
        let blocks = all(&mut next, now);
        let found: Vec<u64> = blocks
            .iter()
            .flat_map(|block| numbers(&block.records))
            .collect();
        assert_eq!(found, [0, 1, 2, 3]);
        blocks
            .into_iter()
            .for_each(|block| next.put_back(block.ticket));
    }
    assert!(next.take_losses().is_empty());
}

#[test]
fn limits_of_zero_are_named() {
    let root = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(root.path());
    settings.max_age = Duration::ZERO;
    let spool = |settings| carrot_spool::Spool::new(settings, crate::support::destination());
    assert!(spool(settings).check().is_err());
    let mut none = small(root.path(), 0);
    assert!(none.check().is_err());
    let error = none.append(&records(0..1), at(0)).unwrap_err();
    assert!(matches!(error, SpoolError::TooLarge { .. }));
    small(root.path(), 1).check().unwrap();
    assert!(is_empty(root.path()));
}
