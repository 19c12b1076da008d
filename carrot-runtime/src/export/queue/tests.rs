use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn queue(records: usize, now: Instant) -> Queue {
    let mut queue = Queue::new(2, 5 * SECOND);
    (0..records).for_each(|n| assert!(queue.push(vec![b'0' + n as u8], now)));
    queue
}

fn numbers(batch: &Batch) -> Vec<u64> {
    batch.iter().map(|record| record.number).collect()
}

#[test]
fn a_batch_goes_when_it_is_full_or_old_enough_or_flushed() {
    let now = Instant::now();
    let mut queue = queue(3, now);
    assert_eq!(numbers(&queue.next_batch(now, false).unwrap()), [1, 2]);
    assert_eq!(
        queue.next_batch(now, false),
        None,
        "one record waits for more"
    );
    assert_eq!(queue.next_due(false), Some(now + 5 * SECOND));
    assert_eq!(queue.next_due(true), Some(now));
    assert_eq!(
        numbers(&queue.next_batch(now + 5 * SECOND, false).unwrap()),
        [3]
    );
    assert!(queue.push(vec![], now));
    assert_eq!(numbers(&queue.next_batch(now, true).unwrap()), [4]);
}

#[test]
fn what_failed_goes_again_first_after_a_growing_wait() {
    let now = Instant::now();
    let mut queue = queue(5, now);
    let first = queue.next_batch(now, false).unwrap();
    let second = queue.next_batch(now, false).unwrap();
    queue.settled(&second);
    queue.failed(first, None, 1.0, now);
    assert_eq!(queue.next_batch(now, true), None, "it backs off");
    let soon = now + FIRST_BACKOFF;
    assert_eq!(queue.next_due(true), Some(soon), "and does not spin");
    let again = queue.next_batch(soon, true).unwrap();
    assert_eq!(numbers(&again), [1, 2]);
    assert_eq!(queue.next_batch(soon, true), None, "one tries the way");
    assert_eq!(queue.next_due(true), None, "its landing wakes us");
    queue.failed(again, None, 1.0, soon);
    assert_eq!(
        queue.next_batch(soon + FIRST_BACKOFF, true),
        None,
        "the wait doubles"
    );
    queue.try_now();
    let again = queue.next_batch(soon, true).unwrap();
    assert!(!queue.is_settled(2) && queue.pending() == 3);
    queue.settled(&again);
    assert!(queue.is_settled(4) && !queue.is_settled(5));
}

#[test]
fn the_collector_s_wish_to_wait_is_kept() {
    let now = Instant::now();
    let mut queue = queue(1, now);
    let batch = queue.next_batch(now, true).unwrap();
    queue.failed(batch, Some(7 * SECOND), 0.0, now);
    assert_eq!(queue.next_batch(now + 6 * SECOND, true), None);
    queue.try_now();
    assert_eq!(
        queue.next_batch(now + 6 * SECOND, true),
        None,
        "whoever flushes"
    );
    assert!(queue.next_batch(now + 7 * SECOND, true).is_some());
}

#[test]
fn a_flush_after_a_long_outage_tries_more_than_once() {
    let mut now = Instant::now();
    let mut queue = queue(2, now);
    for _ in 0..10 {
        queue.try_now();
        let batch = queue.next_batch(now, true).unwrap();
        queue.failed(batch, None, 1.0, now);
    }
    now += SECOND;
    assert!(queue.next_batch(now, true).is_some());
}

#[test]
fn where_nobody_is_there_only_a_few_are_kept_until_somebody_is() {
    let now = Instant::now();
    let mut queue = Queue::new(50, SECOND);
    let push = |queue: &mut Queue| queue.push(vec![0; 10], now);
    assert_eq!((0..2_000).filter(|_| push(&mut queue)).count(), 2_000);
    let batch = queue.next_batch(now, true).unwrap();
    queue.failed(batch, None, 1.0, now);
    assert_eq!(queue.nobody_is_there(), 1_000);
    assert!(!push(&mut queue));
    assert_eq!(queue.bytes, 10_000);
    let batch = queue.next_batch(now + SECOND, true).unwrap();
    queue.settled(&batch);
    assert_eq!((0..2_000).filter(|_| push(&mut queue)).count(), 2_000);
}

#[test]
fn a_batch_that_is_too_large_goes_in_halves() {
    let now = Instant::now();
    let mut queue = queue(2, now);
    let batch = queue.next_batch(now, true).unwrap();
    assert_eq!(queue.too_large(batch), None);
    let one = queue.next_batch(now, true).unwrap();
    assert_eq!(numbers(&one), [1]);
    assert_eq!(
        queue.too_large(one).map(|batch| numbers(&batch)),
        Some(vec![1]),
        "cannot be smaller"
    );
}

#[test]
fn the_queue_is_bounded_by_count_and_by_bytes() {
    let now = Instant::now();
    let mut queue = Queue::new(50, SECOND);
    assert!(queue.push(vec![0; MAX_BYTES], now));
    assert!(!queue.push(vec![0], now));
    let sent = queue.next_batch(now, true).unwrap();
    assert!(queue.push(vec![0; 10], now), "what is sent makes room");
    queue.settled(&sent);
    assert_eq!(queue.pending(), 1);
}
