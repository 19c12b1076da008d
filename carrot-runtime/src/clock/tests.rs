use super::*;

const SECOND: i64 = 1_000_000_000;

/// A clock that was read at tick 1,000, with one tick in two nanoseconds.
fn clock(monotonic: Instant) -> Clock {
    let at = |nanos: u64| Reading {
        ticks: 1_000 + 2 * nanos,
        system_nanos: 5 * SECOND + nanos as i64,
        monotonic: monotonic + Duration::from_nanos(nanos),
    };
    let first = Clock {
        anchor: at(0),
        nanos_per_tick: 0.0,
    };
    first.read_again(at(SECOND as u64))
}

#[test]
fn ticks_become_times_by_the_rate_between_readings() {
    let clock = clock(Instant::now());
    assert_eq!(clock.time(1_000).as_nanos(), 5 * SECOND);
    assert_eq!(clock.time(2_000).as_nanos(), 5 * SECOND + 500);
    assert_eq!(
        clock.time(800).as_nanos(),
        5 * SECOND - 100,
        "before the first reading"
    );
}

#[test]
fn a_slewed_clock_bends_nothing_and_a_clock_that_was_set_is_believed() {
    let start = Instant::now();
    let later = |seconds: i64, off: i64| Reading {
        ticks: 1_000 + 2 * (seconds * SECOND) as u64,
        system_nanos: (5 + seconds) * SECOND + off,
        monotonic: start + Duration::from_secs(seconds as u64),
    };
    let slewed = clock(start).read_again(later(10, SECOND / 2));
    let of_ten = 1_000 + 20 * SECOND as u64;
    assert_eq!(slewed.time(of_ten).as_nanos(), 15 * SECOND);
    let set = slewed.read_again(later(10, 3_600 * SECOND));
    assert_eq!(set.time(of_ten).as_nanos(), 3_615 * SECOND);
    let a_second_before = of_ten - 2 * SECOND as u64;
    assert_eq!(set.time(a_second_before).as_nanos(), 3_614 * SECOND);
    // Set back, it puts nothing out of order.
    let back = slewed.read_again(later(10, -3_600 * SECOND));
    assert_eq!(back.time(of_ten).as_nanos(), -3_585 * SECOND);
    assert_eq!(back.time(a_second_before).as_nanos(), -3_586 * SECOND);
}

#[test]
fn two_readings_close_together_do_not_spoil_the_rate() {
    let start = Instant::now();
    let clock = clock(start);
    let set = clock.read_again(Reading {
        ticks: 10_000_000_000,
        system_nanos: 100 * SECOND,
        monotonic: start + Duration::from_secs(5),
    });
    let again = set.read_again(Reading {
        ticks: 10_000_000_001,
        system_nanos: 100 * SECOND + 400,
        monotonic: start + Duration::from_secs(5) + Duration::from_nanos(400),
    });
    assert_eq!(again.nanos_per_tick, 0.5);
}

#[test]
fn ticks_never_go_back_on_one_thread() {
    let ticks: Vec<u64> = (0..1_000).map(|_| ticks()).collect();
    assert!(ticks.is_sorted());
}
