//! Several processes on one spool.

use std::time::Duration;

use carrot_runtime::{flush, flush_timeout, stats};
use serde_json::json;

use crate::outage::{Outage, clean_up, is_second_run, say_sum, spooled};
use crate::program::{is_child, program, say, steps, wait_for_parent};

/// Traces in an outage, and delivers once it is told that it is over.
fn trace_then_deliver() {
    if !is_second_run() {
        steps(24);
        say_sum(&flush_timeout(Duration::from_millis(500)));
        wait_for_parent();
        say_sum(&flush());
    }
}

#[test]
fn two_at_the_same_time_deliver_what_is_theirs() {
    if is_child() {
        return trace_then_deliver();
    }
    let outage = Outage::begin();
    let start = || { outage.of(program!(two_at_the_same_time_deliver_what_is_theirs)) }.start();
    let mut both = [start(), start()];
    for running in &mut both {
        assert_eq!(spooled(&running.hear()), 25);
    }
    outage.end();
    both.iter_mut().for_each(|running| running.go_on());
    for mut running in both {
        assert_eq!(running.hear()["acked"], 25);
        running.end();
    }
    outage.assert_stored(50);
}

/// The next run delivers what very many left, though it ends at once.
#[test]
fn what_two_hundred_left_is_delivered_by_one() {
    const LEFT: u32 = 200;
    if is_child() {
        if !is_second_run() {
            steps(0);
            crate::outage::shut_down_and_say();
        }
        return;
    }
    let outage = Outage::begin();
    let program = || program!(what_two_hundred_left_is_delivered_by_one);
    let ended = outage.of(program()).run();
    assert_eq!(spooled(&ended.said[0]), 1);
    // As if each of the others had left the same.
    let home = { outage.folder().read_dir().unwrap() }.next().unwrap();
    let home = home.unwrap().path();
    let one = home.read_dir().unwrap().next().unwrap().unwrap().path();
    for number in 1..LEFT {
        let another = home.join(format!("{number:032x}"));
        std::fs::create_dir(&another).unwrap();
        for file in one.read_dir().unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), another.join(file.file_name())).unwrap();
        }
    }
    outage.end();
    outage.clean_up(program());
    let times: Vec<usize> = outage.collector.ended().into_values().collect();
    assert_eq!(times, [LEFT as usize]);
    assert_eq!(crate::outage::segments(outage.folder()), 0);
}

/// One is killed, one lives, and a third delivers what the killed one left, and only that.
#[test]
fn who_lives_keeps_what_is_its_own() {
    if is_child() {
        trace_then_deliver();
        if is_second_run() {
            flush();
            say(json!(stats().destinations[0].adopted));
        }
        return;
    }
    let outage = Outage::begin();
    let program = || program!(who_lives_keeps_what_is_its_own);
    let mut lives = outage.of(program()).start();
    let mut killed = outage.of(program()).start();
    assert_eq!(spooled(&lives.hear()), 25);
    assert_eq!(spooled(&killed.hear()), 25);
    killed.kill();
    killed.end_anyhow();
    outage.end();
    // The one that lives may deliver its own meanwhile.
    let third = clean_up(outage.of(program()));
    assert_eq!(third.said, [json!(25)]);
    lives.go_on();
    assert_eq!(lives.hear()["acked"], 25);
    lives.end();
    outage.assert_stored(50);
}
