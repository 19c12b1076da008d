//! A trace that is closed has the ends of the children that were joined before its root's, and what they said.

use crate::chunk::Chunk;
use crate::model;
use crate::pool::Pool;
use crate::readings::Readings;
use crate::recycling::{Lines, pool};

const VALUE: u64 = 1;
const CHILD_ENDS: u64 = 2;
const ROOT_ENDS: u64 = 3;
/// Of a trace that has nothing to do with it.
const OTHER_ENDS: u64 = 4;

/// The assembler, as far as it is about closing.
#[derive(Default)]
struct Assembler {
    lines: Lines,
    readings: Readings,
    has_value: bool,
    /// In which reading they were met.
    child: Option<u64>,
    root: Option<u64>,
    is_closed: bool,
}

impl Assembler {
    fn drain(&mut self, pool: &Pool) {
        self.read_lines(pool);
        if !self.readings.is_settled() {
            self.read_lines(pool);
            self.read_lines(pool);
        }
        if self
            .root
            .is_some_and(|met| self.readings.has_all_before(met))
            && !self.is_closed
        {
            self.is_closed = true;
            // What leaves the trace now is spans whose end was met before this reading.
            let left = self.child.is_some_and(|met| met < self.readings.now());
            assert!(left, "closed without the child");
            assert!(self.has_value, "closed without what the child said");
        }
    }

    fn read_lines(&mut self, pool: &Pool) {
        self.readings.begin(0);
        let readings = &mut self.readings;
        self.lines.read(pool, |word| {
            if word == VALUE {
                self.has_value = true;
                return;
            }
            readings.met_end();
            match word {
                CHILD_ENDS => self.child = Some(readings.now()),
                ROOT_ENDS => self.root = Some(readings.now()),
                _ => {}
            }
        });
    }
}

/// In the worst order: the lines are read front to back, and what came first lies in front. What a child says before it ends
/// may be in a chunk before. And for another end's sake they are read again in any case, so that the root's may be met in each reading.
#[test]
fn a_trace_is_closed_with_what_was_joined_before_its_root_ended() {
    model(2, || {
        let pool = pool();
        let chunks = [(); 3].map(|()| pool.begin(1));
        write(pool.begin(1), OTHER_ENDS);
        let root = loom::thread::spawn(move || {
            let [value, child_ends, root_ends] = chunks;
            let child = loom::thread::spawn(move || {
                write(value, VALUE);
                write(child_ends, CHILD_ENDS);
            });
            child.join().unwrap();
            write(root_ends, ROOT_ENDS);
        });
        let mut assembler = Assembler::default();
        assembler.drain(&pool);
        root.join().unwrap();
        assembler.drain(&pool);
        assert!(assembler.is_closed);
    });
}

fn write(chunk: &'static Chunk, word: u64) {
    chunk.append(0, [word]).unwrap();
}
