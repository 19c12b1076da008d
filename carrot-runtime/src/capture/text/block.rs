//! Where in a few bytes of text something must be escaped: quotes, backslashes, controls.

/// As many bytes as [`specials`] looks at.
const BLOCK: usize = 16;

const ONES: u64 = u64::MAX / 255;

/// The bits of each byte that is special, the lowest for the first byte. Said like this the compiler makes a few vector
/// instructions of it.
#[inline(always)]
pub(super) fn specials(block: &[u8; BLOCK]) -> u128 {
    let is_special = |byte| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    u128::from_le_bytes(block.map(|byte| if is_special(byte) { 0xff } else { 0 }))
}

/// The high bit of each byte that is special; above the first of them bits may be wrong.
///
/// A byte less than `n` borrows into its high bit when `n` is taken off it, which only bytes of 0x80 and
/// above have already; a borrow goes no further unless there was one. See "Determine if a word has a byte
/// less than n" in Sean Eron Anderson's Bit Twiddling Hacks.
#[inline(always)]
pub(super) fn specials_of_eight(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let control = word.wrapping_sub(ONES * 0x20);
    let found = control | quote.wrapping_sub(ONES) | backslash.wrapping_sub(ONES);
    found & !word & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_among_any_others() {
        for byte in 0..=u8::MAX {
            let is_special = byte < 0x20 || byte == b'"' || byte == b'\\';
            for place in 0..BLOCK {
                for others in [b'a', 0x80, 0xff, 0x7f, 0x21, 0x23] {
                    let mut block = [others; BLOCK];
                    block[place] = byte;
                    let expected = is_special.then_some(place as u32);
                    let found = specials(&block).trailing_zeros() / 8;
                    assert_eq!((found < 16).then_some(found), expected);
                    if let (Some(word), true) = (block.first_chunk(), place < 8) {
                        let found = specials_of_eight(u64::from_le_bytes(*word)).trailing_zeros() / 8;
                        assert_eq!((found < 8).then_some(found), expected);
                    }
                }
            }
        }
    }
}
