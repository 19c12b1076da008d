//! Disks that say no, and who may read what is on them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use carrot_spool::SpoolError;

use crate::support::{at, deliver, files, records, segment, spool};

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
