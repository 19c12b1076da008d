//! A Bloom filter over the words of a block.

use std::collections::HashSet;

use twox_hash::XxHash3_64;

/// Ten bits a word and seven probes: one word in a hundred is taken for one that it is not (the
/// formulas are in Bloom's paper, "Space/time trade-offs in hash coding with allowable errors").
const BITS_PER_WORD: usize = 10;
const PROBES: u64 = 7;

/// The hash of a word. It is stored: never to be changed without a migration.
pub(super) fn hash(word: &str) -> u64 {
    XxHash3_64::oneshot(word.as_bytes())
}

/// The filter of a set of words, given by their hashes.
pub(super) fn build(words: &HashSet<u64>) -> Vec<u8> {
    let mut bits = vec![0; (words.len() * BITS_PER_WORD).div_ceil(8).max(8)];
    for &word in words {
        for bit in probes(word, bits.len()) {
            bits[bit / 8] |= 1 << (bit % 8);
        }
    }
    bits
}

/// Whether a word may be in the set: no is certain, yes is not.
pub(super) fn may_contain(bits: &[u8], word: u64) -> bool {
    !bits.is_empty() && probes(word, bits.len()).all(|bit| bits[bit / 8] & (1 << (bit % 8)) != 0)
}

/// Kirsch and Mitzenmacher: two hashes make as many as are needed.
fn probes(word: u64, bytes: usize) -> impl Iterator<Item = usize> {
    let (first, second) = (word >> 32, (word & 0xffff_ffff) | 1);
    (0..PROBES).map(move |probe| ((first + probe * second) % (bytes as u64 * 8)) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_it_is_found_and_little_else() {
        let known: HashSet<u64> = (0..5_000).map(|n| hash(&format!("known{n}"))).collect();
        let bits = build(&known);
        assert!(known.iter().all(|&word| may_contain(&bits, word)));
        let wrong = (0..10_000)
            .filter(|n| may_contain(&bits, hash(&format!("other{n}"))))
            .count();
        assert!(wrong < 200, "{wrong} of 10000 taken for known");
        assert!(!may_contain(&build(&HashSet::new()), hash("a")));
        assert!(!may_contain(&[], hash("a")));
    }
}
