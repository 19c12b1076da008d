//! Random ids from a generator in each thread: no lock, no system call once it is seeded.

use std::hash::{BuildHasher, RandomState};

/// xoroshiro128++, by David Blackman and Sebastiano Vigna (<https://prng.di.unimi.it>): 128 bits of
/// state, so that ids of many threads and processes do not meet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Random([u64; 2]);

impl Random {
    /// Not seeded yet; [`next`](Random::next) must not be called.
    pub(crate) const UNSEEDED: Random = Random([0, 0]);

    pub(crate) fn is_seeded(self) -> bool {
        self.0 != [0, 0]
    }

    /// Seeded by the system's randomness, by way of the keys of std's hash maps, and by what differs
    /// between threads and moments.
    #[cold]
    pub(crate) fn seed() -> Random {
        // A forked child has its parent's keys.
        let process = std::process::id();
        let moment = || (process, std::time::SystemTime::now(), crate::clock::ticks());
        let word = || RandomState::new().hash_one(moment());
        let state = [word(), word() | 1];
        Random(state)
    }

    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        let [s0, mut s1] = self.0;
        let result = s0.wrapping_add(s1).rotate_left(17).wrapping_add(s0);
        s1 ^= s0;
        self.0 = [s0.rotate_left(49) ^ s1 ^ (s1 << 21), s1.rotate_left(28)];
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the authors' C code for the state {1, 2}.
    #[test]
    fn the_published_sequence() {
        let mut random = Random([1, 2]);
        assert_eq!(
            [random.next(), random.next(), random.next()],
            [393217, 669327710093319, 1732421326133921491]
        );
    }

    #[test]
    fn seeds_differ() {
        let (a, b) = (Random::seed(), Random::seed());
        assert!(a.is_seeded() && a.0 != b.0);
    }
}
