//! A wire that fails a few times, in each way there is, and then works.

use crate::collector::Collector;
use crate::program::{Program, is_child, program, steps};
use crate::wire::{Fate, Wire};

const TREES: usize = 10;

/// Ten trees of 25, which a flush delivers.
fn trace_and_flush() {
    flush_trees(TREES);
}

fn flush_trees(trees: usize) {
    (0..trees).for_each(|_| steps(24));
    let report = carrot_runtime::flush();
    assert!(report.is_complete(), "{report}");
    let recorded = carrot_runtime::stats().recorded;
    assert_eq!(report.acked, recorded, "{report}");
}

/// So many connections take that fate; those after them work.
fn assert_gets_through(
    program: impl Fn() -> Program,
    fate: Fate,
    times: usize,
    transports: &[&str],
) {
    assert_trees_get_through(program, TREES, fate, times, transports);
}

fn assert_trees_get_through(
    program: impl Fn() -> Program,
    trees: usize,
    fate: Fate,
    times: usize,
    transports: &[&str],
) {
    // Most of it is waiting.
    std::thread::scope(|scope| {
        for transport in transports {
            let program = program().env("CARROT_TRANSPORT", transport);
            scope.spawn(move || assert_gets_through_once(program, trees, fate, times));
        }
    });
}

fn assert_gets_through_once(program: Program, trees: usize, fate: Fate, times: usize) {
    let collector = Collector::start();
    let wire = Wire::to(collector.url(), move |number| {
        if number < times { fate } else { Fate::Works }
    });
    let spool = tempfile::tempdir().unwrap();
    let program = program
        .env("CARROT_BASE_URL", &wire.url())
        .env("CARROT_SPOOL", spool.path().to_str().unwrap());
    let ended = program.run();
    collector.assert_stored(trees, 25);
    // One that dribbles does its work.
    let needed = times + usize::from(!matches!(fate, Fate::Dribbles));
    let connections = wire.connections();
    assert!(connections >= needed, "{connections} connections");
    assert!(ended.warnings().len() <= 1, "{}", ended.stderr);
    println!("{fate:?}: {connections} connections, {:?}", ended.took);
}

const ALL: [&str; 3] = ["http", "ws", "auto"];

#[test]
fn connections_that_are_refused() {
    if is_child() {
        return trace_and_flush();
    }
    let program = || program!(connections_that_are_refused);
    assert_gets_through(program, Fate::Refused, 3, &ALL);
}

#[test]
fn connections_into_a_black_hole() {
    if is_child() {
        return trace_and_flush();
    }
    let program = || program!(connections_into_a_black_hole).env("CARROT_REQUEST_TIMEOUT", "1");
    assert_gets_through(program, Fate::BlackHole, 2, &ALL);
}

#[test]
fn a_reset_in_the_middle_of_what_is_asked() {
    if is_child() {
        return trace_and_flush();
    }
    let program = || program!(a_reset_in_the_middle_of_what_is_asked);
    assert_gets_through(program, Fate::AskedUpTo(3_000), 3, &ALL);
}

/// The collector has it, and nobody knows.
#[test]
fn a_reset_in_the_middle_of_what_is_answered() {
    if is_child() {
        return trace_and_flush();
    }
    let program = || program!(a_reset_in_the_middle_of_what_is_answered);
    assert_gets_through(program, Fate::AnsweredUpTo(600), 3, &ALL);
}

/// A WebSocket is given half a minute for that, which is tested with it.
#[test]
fn an_answer_that_does_not_go_on() {
    if is_child() {
        return trace_and_flush();
    }
    let program = || program!(an_answer_that_does_not_go_on).env("CARROT_REQUEST_TIMEOUT", "1");
    assert_gets_through(program, Fate::StallsAt(600), 2, &["http"]);
}

/// A byte each millisecond: it takes seconds, and is an answer.
#[test]
fn an_answer_that_dribbles() {
    if is_child() {
        return flush_trees(1);
    }
    let program = || program!(an_answer_that_dribbles);
    assert_trees_get_through(program, 1, Fate::Dribbles, 1, &["http", "ws"]);
}
