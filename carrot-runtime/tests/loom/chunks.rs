//! The publishing of frames.

use loom::sync::Arc;

use crate::chunk::Chunk;

/// What a reader sees is whole frames, in order, and after `close` all of them.
#[test]
fn a_reader_sees_whole_frames_only() {
    loom::model(|| {
        let chunk = Arc::new(Chunk::new(5));
        let writer = {
            let chunk = chunk.clone();
            loom::thread::spawn(move || {
                let at = chunk.append(0, [1, 2]).unwrap();
                let at = chunk.append_bytes(at, [3], b"bytes").unwrap();
                assert!(chunk.append(at, [5, 6]).is_none());
                chunk.close();
            })
        };
        let closed = chunk.is_closed();
        let published = chunk.published();
        assert!(
            matches!(published, 0 | 2 | 4),
            "part of a frame: {published} words"
        );
        assert!(!closed || published == 4, "closed before its end");
        if published >= 2 {
            assert_eq!([chunk.word(0), chunk.word(1)], [1, 2]);
        }
        if published == 4 {
            assert_eq!((chunk.word(2), chunk.bytes(3, 5)), (3, b"bytes".to_vec()));
        }
        writer.join().unwrap();
        assert_eq!(chunk.published(), 4);
    });
}

/// A chunk is handed to a new writer through a lock, as the registry does; the next reader never sees
/// the first writer's words as the second's.
#[test]
fn a_chunk_can_be_used_again() {
    loom::model(|| {
        let chunk = Arc::new(Chunk::new(2));
        chunk.append(0, [1, 1]).unwrap();
        chunk.close();
        let free = Arc::new(loom::sync::Mutex::new(false));
        let second = {
            let (chunk, free) = (chunk.clone(), free.clone());
            loom::thread::spawn(move || {
                if *free.lock().unwrap() {
                    chunk.append(0, [2, 2]).unwrap();
                }
            })
        };
        assert!(chunk.is_closed());
        assert_eq!([chunk.word(0), chunk.word(1)], [1, 1]);
        {
            let mut free = free.lock().unwrap();
            chunk.reset();
            *free = true;
        }
        if chunk.published() == 2 {
            assert_eq!([chunk.word(0), chunk.word(1)], [2, 2]);
        }
        second.join().unwrap();
    });
}
