//! Records of one key do not go out under another.

use std::path::Path;

use carrot_spool::{Destination, Fingerprint, Settings, Spool};

use crate::support::{at, deliver, destination, is_empty, records, segments};

fn with(root: &Path, key: Option<&str>) -> Spool {
    let key = key.map(Fingerprint::of);
    Spool::new(
        Settings::new(root),
        Destination {
            key,
            ..destination()
        },
    )
}

#[test]
fn another_key_s_records_are_left_for_it() {
    let root = tempfile::tempdir().unwrap();
    with(root.path(), Some("one"))
        .append(&records(0..2), at(0))
        .unwrap();
    for other in [Some("two"), None] {
        assert_eq!(with(root.path(), other).adopt(at(1)).unwrap(), 0);
    }
    let mut same = with(root.path(), Some("one"));
    assert_eq!(same.adopt(at(2)).unwrap(), 2);
    assert_eq!(deliver(&mut same, at(2)), [0, 1]);
    assert!(is_empty(root.path()));
}

#[test]
fn they_age_all_the_same() {
    let root = tempfile::tempdir().unwrap();
    let old = at(0);
    with(root.path(), Some("one"))
        .append(&records(0..2), old)
        .unwrap();
    // As old as its records say.
    let file = std::fs::File::options()
        .append(true)
        .open(&segments(root.path())[0])
        .unwrap();
    file.set_modified(old).unwrap();
    let later = at(8 * 24 * 60 * 60);
    let mut other = with(root.path(), Some("two"));
    assert_eq!(other.adopt(later).unwrap(), 0);
    assert_eq!(other.take_losses().too_old, 2);
    assert!(is_empty(root.path()));
}

#[test]
fn a_key_that_was_refused_is_cured_by_another() {
    let root = tempfile::tempdir().unwrap();
    let mut mistyped = with(root.path(), Some("mistyped"));
    // Before there is a folder, and after.
    mistyped.mark_key_refused().unwrap();
    mistyped.append(&records(0..2), at(0)).unwrap();
    drop(mistyped);
    let mut cured = with(root.path(), Some("right"));
    assert_eq!(cured.adopt(at(1)).unwrap(), 2);
    cured.append(&records(2..3), at(2)).unwrap();
    cured.mark_key_refused().unwrap();
    drop(cured);
    let mut again = with(root.path(), Some("third"));
    assert_eq!(again.adopt(at(3)).unwrap(), 3);
    assert_eq!(deliver(&mut again, at(3)), [0, 1, 2]);
    assert!(is_empty(root.path()));
}

#[test]
fn what_was_taken_over_is_noted_too() {
    for noted_before in [false, true] {
        let root = tempfile::tempdir().unwrap();
        let mut killed = with(root.path(), Some("mistyped"));
        killed.append(&records(0..2), at(0)).unwrap();
        drop(killed);
        let mut again = with(root.path(), Some("mistyped"));
        if noted_before {
            again.mark_key_refused().unwrap();
        }
        assert_eq!(again.adopt(at(1)).unwrap(), 2);
        if !noted_before {
            again.mark_key_refused().unwrap();
        }
        drop(again);
        let mut cured = with(root.path(), Some("right"));
        assert_eq!(cured.adopt(at(2)).unwrap(), 2);
        // Nothing of it is the right key's.
        cured.mark_key_refused().unwrap();
        cured.mark_key_taken().unwrap();
        drop(cured);
        assert_eq!(with(root.path(), Some("third")).adopt(at(3)).unwrap(), 2);
    }
}

#[test]
fn a_key_that_is_taken_again_is_kept_apart_again() {
    let root = tempfile::tempdir().unwrap();
    let mut one = with(root.path(), Some("one"));
    one.append(&records(0..2), at(0)).unwrap();
    one.mark_key_refused().unwrap();
    one.mark_key_taken().unwrap();
    drop(one);
    assert_eq!(with(root.path(), Some("two")).adopt(at(1)).unwrap(), 0);
}

#[test]
fn what_no_key_was_stated_for_goes_out_under_any() {
    let root = tempfile::tempdir().unwrap();
    with(root.path(), None)
        .append(&records(0..2), at(0))
        .unwrap();
    assert_eq!(with(root.path(), Some("one")).adopt(at(1)).unwrap(), 2);
}

#[test]
fn the_key_is_not_on_the_disk() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = with(root.path(), Some("sk-secret"));
    spool.append(&records(0..2), at(0)).unwrap();
    spool.keep_refused(&records(2..3), "no", at(0)).unwrap();
    for file in crate::support::files(root.path()) {
        let bytes = std::fs::read(file).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"sk-secret"));
    }
    assert_eq!(Fingerprint::of("sk-secret").to_string().len(), 16);
    assert_ne!(Fingerprint::of("a"), Fingerprint::of("b"));
}
