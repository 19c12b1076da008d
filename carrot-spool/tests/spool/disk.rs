//! Disks that say no, and who may read what is on them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use carrot_spool::SpoolError;

use crate::processes::{child, root_of_child, say, this_test};
use crate::support::{at, deliver, files, is_empty, large, records, segment, segments, spool};

/// A limit of 64 KiB for each file: what is longer fails in the middle of its write.
#[test]
fn a_file_that_may_not_grow() {
    if let Some(root) = root_of_child() {
        let mut spool = spool(&root);
        // Each fits one file, and ten of them do not: a new one is begun.
        for number in 0..10 {
            spool.append(&[large(number, 20_000)], at(number)).unwrap();
        }
        assert!(segments(&root).len() >= 4);
        let before = files(&root);
        let error = spool.append(&[large(10, 100_000)], at(10)).unwrap_err();
        assert!(matches!(error, SpoolError::Io(_)), "{error}");
        assert_eq!(files(&root), before, "nothing of it is there");
        spool.append(&records([11]), at(11)).unwrap();
        assert_eq!(
            deliver(&mut spool, at(12)),
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11]
        );
        assert!(spool.take_losses().is_empty());
        // Nor a folder, where there was none.
        spool.append(&[large(10, 100_000)], at(10)).unwrap_err();
        assert!(is_empty(&root));
        say("done");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    let script = r#"trap "" XFSZ; ulimit -f 128; exec "$0" "$@""#;
    shell
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap());
    let mut running = child(shell, this_test!(a_file_that_may_not_grow), root.path());
    assert_eq!(running.hear().as_deref(), Some("done"));
    running.end();
}

#[test]
fn a_folder_that_may_not_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("spool");
    fs::create_dir(&root).unwrap();
    fs::set_permissions(&root, Permissions::from_mode(0o500)).unwrap();
    if fs::write(root.join("probe"), "").is_ok() {
        println!("skipped: this user may write any folder");
        return;
    }
    let mut spool = spool(&root);
    assert!(spool.check().is_err());
    assert!(matches!(
        spool.append(&records(0..1), at(0)).unwrap_err(),
        SpoolError::Io(_)
    ));
    fs::set_permissions(&root, Permissions::from_mode(0o700)).unwrap();
    spool.append(&records(0..1), at(0)).unwrap();
    assert_eq!(deliver(&mut spool, at(0)), [0]);
}

/// Whoever the user is: a file is no folder.
#[test]
fn a_root_that_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("file");
    fs::write(&root, "").unwrap();
    for root in [root.clone(), root.join("below")] {
        let mut spool = spool(&root);
        assert!(spool.check().is_err());
        assert!(matches!(
            spool.append(&records(0..1), at(0)).unwrap_err(),
            SpoolError::Io(_)
        ));
        assert!(spool.keep_refused(&records(0..1), "no", at(0)).is_err());
        assert!(spool.waiting() == Default::default() && spool.next(at(0)).is_none());
    }
    fs::remove_file(&root).unwrap();
    let mut later = spool(&root);
    later.check().unwrap();
    later.append(&records(0..1), at(0)).unwrap();
    assert_eq!(deliver(&mut later, at(0)), [0]);
}

#[test]
fn nobody_else_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("state/spool");
    let mut spool = spool(&root);
    spool.append(&records(0..1), at(0)).unwrap();
    spool.keep_refused(&records(1..2), "no", at(0)).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let files = files(&root);
    assert_eq!(files.len(), 3);
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        let inside = file
            .ancestors()
            .skip(1)
            .take_while(|it| *it != folder.path());
        inside.for_each(|it| assert_eq!(mode(it), 0o700, "{}", it.display()));
    }
}

#[test]
fn links_are_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut left = spool(root.path());
    left.append(&records(0..3), at(0)).unwrap();
    drop(left);
    let path = segment(root.path());
    let (writer, moved) = (path.parent().unwrap(), elsewhere.path().join("writer"));
    // A writer's folder, then a segment, then the program's folder.
    fs::rename(writer, &moved).unwrap();
    symlink(&moved, writer).unwrap();
    let adopt = || spool(root.path()).adopt(at(1)).unwrap();
    assert_eq!(adopt(), 0);
    fs::remove_file(writer).unwrap();
    fs::rename(&moved, writer).unwrap();
    fs::rename(&path, &moved).unwrap();
    symlink(&moved, &path).unwrap();
    assert_eq!(adopt(), 0);
    assert!(moved.is_file());
    fs::remove_file(&path).unwrap();
    let _ = fs::remove_dir_all(writer);
    let program = writer.parent().unwrap();
    let _ = fs::remove_dir_all(program);
    symlink(elsewhere.path(), program).unwrap();
    let error = spool(root.path())
        .append(&records(0..1), at(1))
        .unwrap_err();
    assert!(matches!(error, SpoolError::Io(_)));
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}
