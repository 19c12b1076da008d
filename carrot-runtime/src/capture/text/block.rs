//! Where in a few bytes of text something must be escaped: quotes, backslashes, controls.

/// As many bytes as [`first_special`] looks at.
const BLOCK: usize = 32;

const ONES: u64 = u64::MAX / 255;

/// Where the first special byte is.
#[inline(always)]
pub(super) fn first_special(block: &[u8; BLOCK]) -> Option<usize> {
    // Said like this, and no shorter, the compiler makes vector instructions of it.
    let special = |byte| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    let found = block.map(|byte| if special(byte) { 0xff } else { 0 });
    if found.iter().fold(0, |any, byte| any | byte) == 0 {
        return None;
    }
    let (words, _) = block.as_chunks();
    let specials = |word: &[u8; 8]| specials_of_eight(u64::from_le_bytes(*word));
    let mut words = words.iter().map(specials).enumerate();
    let (place, specials) = words.find(|(_, specials)| *specials != 0)?;
    Some(8 * place + specials.trailing_zeros() as usize / 8)
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
                    let expected = is_special.then_some(place);
                    assert_eq!(first_special(&block), expected);
                }
            }
        }
    }
}
