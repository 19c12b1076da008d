use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const BOUNDS: Bounds = Bounds {
    records: 1_000,
    bytes: 10_000,
};

fn queue(records: u8, now: Instant) -> Queue {
    let mut queue = Queue::new(BOUNDS, 2);
    (0..records).for_each(|n| assert!(queue.push(vec![n].into(), now)));
    queue
}

fn numbers(batch: &[Waiting]) -> Vec<u64> {
    batch.iter().map(|record| record.number).collect()
}

#[test]
fn a_batch_is_due_when_it_is_full_or_old_enough_or_flushed() {
    let now = Instant::now();
    let mut queue = queue(3, now);
    assert_eq!(queue.due(5 * SECOND), Some(now));
    assert_eq!(numbers(&queue.take_batch()), [1, 2]);
    assert_eq!(
        queue.due(5 * SECOND),
        Some(now + 5 * SECOND),
        "one record waits for more"
    );
    assert_eq!(queue.due(Duration::ZERO), Some(now));
    assert_eq!(numbers(&queue.take_batch()), [3]);
    assert_eq!(queue.due(Duration::ZERO), None);
}

#[test]
fn what_failed_goes_again_first() {
    let now = Instant::now();
    let mut queue = queue(5, now);
    let first = queue.take_batch();
    let second = queue.take_batch();
    queue.put_back(second);
    queue.put_back(first);
    assert_eq!(queue.oldest(), Some(1));
    assert_eq!(numbers(&queue.take_batch()), [1, 2]);
    assert_eq!((queue.len(), queue.newest()), (3, 5));
}

#[test]
fn it_is_bounded_by_count_and_by_bytes() {
    let now = Instant::now();
    let mut queue = Queue::new(BOUNDS, 50);
    assert!(queue.push(vec![0; BOUNDS.bytes].into(), now));
    assert!(!queue.push(vec![0].into(), now));
    queue.take_batch();
    let huge = vec![0; BOUNDS.bytes + 1];
    assert!(queue.push(huge.into(), now), "alone it finds room");
    assert!(!queue.push(vec![].into(), now));
    queue.take_batch();
    let taken = (0..2_000).filter(|_| queue.push(vec![0].into(), now));
    assert_eq!(taken.count(), BOUNDS.records);
}

#[test]
fn some_of_the_oldest_are_kept() {
    let mut queue = queue(9, Instant::now());
    assert_eq!(queue.keep(5), 4);
    assert_eq!(
        (queue.len(), queue.bytes(), queue.oldest()),
        (5, 5, Some(1))
    );
}

#[test]
fn batches_are_bounded_by_bytes_and_may_shrink() {
    let now = Instant::now();
    let mut queue = Queue::new(
        Bounds {
            records: 10,
            bytes: usize::MAX,
        },
        5,
    );
    for _ in 0..3 {
        assert!(queue.push(vec![0; MAX_BATCH_BYTES / 2].into(), now));
    }
    assert_eq!(numbers(&queue.take_batch()), [1, 2]);
    queue.shrink_batches(0);
    assert!(queue.push(vec![0].into(), now));
    assert_eq!(numbers(&queue.take_batch()), [3]);
}

proptest! {
    /// Whatever is pushed, taken and put back: no record is lost or doubled, the bounds hold for what is pushed, and the
    /// count of bytes is that of what waits.
    #[test]
    fn nothing_is_lost_or_doubled(steps in prop::collection::vec((0..3u8, 0..4_000usize), 1..200)) {
        let now = Instant::now();
        let mut queue = Queue::new(Bounds { records: 20, bytes: 20_000 }, 3);
        let (mut taken, mut done, mut pushed) = (Vec::new(), Vec::new(), 0);
        for (step, size) in steps {
            match step {
                0 => {
                    let fits = queue.is_empty() || (queue.len() < 20 && queue.bytes() + size <= 20_000);
                    prop_assert_eq!(queue.push(vec![0; size].into(), now), fits);
                    pushed += u64::from(fits);
                }
                1 => taken.push(queue.take_batch()),
                _ => match taken.pop() {
                    Some(batch) if size % 2 == 0 => queue.put_back(batch),
                    Some(batch) => done.extend(numbers(&batch)),
                    None => {}
                },
            }
            let waiting: usize = queue.waiting.iter().map(|record| record.json.len()).sum();
            prop_assert_eq!(waiting, queue.bytes());
        }
        done.extend(taken.iter().flat_map(|batch| numbers(batch)));
        done.extend(queue.waiting.iter().map(|record| record.number));
        done.sort_unstable();
        prop_assert_eq!(done, (1..=pushed).collect::<Vec<_>>());
    }
}
