//! Where in a few bytes of text something must be escaped: quotes, backslashes, controls.

use wide::u8x16;

/// As many bytes as [`specials`] looks at.
pub(super) const BLOCK: usize = 16;

const ONES: u64 = u64::MAX / 255;

/// With this bit flipped a quote is a space and the reverse, and controls are controls: one comparison finds both that
/// must be escaped.
const FLIP: u8 = b'"' ^ b' ';

pub(super) fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// A bit for each byte that is special, the lowest for the first.
#[inline(always)]
pub(super) fn specials(block: &[u8; BLOCK]) -> u32 {
    let block = u8x16::new(*block);
    let flipped = block ^ u8x16::splat(FLIP);
    let low = flipped.min(u8x16::splat(b' ')).simd_eq(flipped);
    (low | block.simd_eq(u8x16::splat(b'\\'))).to_bitmask()
}

/// The high bit of each byte that is special; above the first of them bits may be wrong.
///
/// A byte less than `n` borrows into its high bit when `n` is taken off it, which only bytes of 0x80 and
/// above have already; a borrow goes no further unless there was one. See "Determine if a word has a byte
/// less than n" in Sean Eron Anderson's Bit Twiddling Hacks.
#[inline(always)]
pub(super) fn specials_of_eight(word: u64) -> u64 {
    let flipped = word ^ (ONES * FLIP as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let low = flipped.wrapping_sub(ONES * (b' ' as u64 + 1));
    let found = low | backslash.wrapping_sub(ONES);
    found & !word & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_among_any_others() {
        for byte in 0..=u8::MAX {
            for place in 0..BLOCK {
                for others in [b'a', 0x80, 0xff, 0x7f, 0x21, 0x23] {
                    let mut block = [others; BLOCK];
                    block[place] = byte;
                    let expected = is_special(byte).then_some(place as u32);
                    let found = specials(&block).trailing_zeros();
                    assert_eq!((found < 16).then_some(found), expected);
                    if let (Some(word), true) = (block.first_chunk(), place < 8) {
                        let found = specials_of_eight(u64::from_le_bytes(*word)).trailing_zeros();
                        assert_eq!((found < 64).then_some(found / 8), expected);
                    }
                }
            }
        }
    }
}
