//! Bytes that are appended a few at a time, each time with one check and no call.

/// A growing row of bytes. More memory is filled than is used, so that what is appended can be written as a whole
/// number of words, and cut off at the length that is meant.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    len: usize,
}

/// What the first growth gives.
const FIRST: usize = 4 * 1024;

impl Buffer {
    pub(super) const fn new() -> Buffer {
        Buffer {
            bytes: Vec::new(),
            len: 0,
        }
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How much memory it has.
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.len()
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// What was appended as whole words, the last of which may have some older bytes at its end.
    #[inline]
    pub(super) fn words(&mut self) -> &[[u8; 8]] {
        let count = self.len.div_ceil(8);
        if self.bytes.len() < count * 8 {
            self.grow(8);
        }
        self.bytes.as_chunks().0.get(..count).unwrap_or_default()
    }

    #[inline]
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Appends the first `len` of the `N` bytes that `fill` writes, in a row of older bytes.
    #[inline(always)]
    pub(super) fn append<const N: usize>(&mut self, len: usize, fill: impl Fn(&mut [u8; N])) {
        let rest = self.bytes.get_mut(self.len..);
        if let Some(window) = rest.and_then(<[u8]>::first_chunk_mut) {
            fill(window);
            self.len += len;
        } else {
            let mut bytes = [0; N];
            fill(&mut bytes);
            self.append_and_grow(&bytes, len);
        }
    }

    #[inline(always)]
    pub(super) fn array<const N: usize>(&mut self, bytes: &[u8; N]) {
        self.append(N, |window| *window = *bytes);
    }

    #[inline(always)]
    pub(super) fn byte(&mut self, byte: u8) {
        self.array(&[byte]);
    }

    /// Appends any number of bytes.
    #[inline]
    pub(super) fn slice(&mut self, bytes: &[u8]) {
        let rest = self.bytes.get_mut(self.len..);
        if let Some(window) = rest.and_then(|rest| rest.get_mut(..bytes.len())) {
            window.copy_from_slice(bytes);
            self.len += bytes.len();
        } else {
            self.append_and_grow(bytes, bytes.len());
        }
    }

    /// Room for so many bytes, or for more.
    #[inline]
    pub(super) fn spare(&mut self, len: usize) -> &mut [u8] {
        if self.bytes.len().saturating_sub(self.len) < len {
            self.grow(len);
        }
        self.bytes.get_mut(self.len..).unwrap_or_default()
    }

    /// Takes in so many bytes of what was written into [`spare`](Buffer::spare).
    #[inline]
    pub(super) fn advance(&mut self, len: usize) {
        self.len = self.bytes.len().min(self.len + len);
    }

    /// Puts a byte before those from `at` on.
    pub(super) fn insert(&mut self, at: usize, byte: u8) {
        self.bytes.truncate(self.len);
        if at <= self.len {
            self.bytes.insert(at, byte);
        }
        self.len = self.bytes.len();
    }

    #[cold]
    #[inline(never)]
    fn append_and_grow(&mut self, bytes: &[u8], len: usize) {
        self.bytes.truncate(self.len);
        self.bytes.extend_from_slice(bytes);
        self.len += len;
        self.grow(0);
    }

    /// Doubles it, with room for so many bytes at least.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, len: usize) {
        let grown = (self.bytes.len() * 2).max(self.len + len).max(FIRST);
        self.bytes.resize(grown, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_and_keeps_what_was_appended() {
        let (mut buffer, mut expected) = (Buffer::new(), Vec::new());
        for round in 0..FIRST {
            let len = round % 9;
            buffer.append::<8>(len, |window| window.fill(round as u8));
            expected.extend_from_slice(&[round as u8; 8][..len]);
            buffer.slice(&expected[..round % 40]);
            expected.extend_from_within(..round % 40);
            buffer.array(b"abc");
            expected.extend_from_slice(b"abc");
        }
        assert_eq!(buffer.as_slice(), expected);
        for len in 0..20 {
            buffer.truncate(expected.len() - len);
            let words = buffer.words().as_flattened();
            assert_eq!(words.len() % 8, 0);
            assert!(words.starts_with(&expected[..expected.len() - len]));
            assert!(words.len() < expected.len() - len + 8);
        }
        expected.truncate(expected.len() - 19);
        assert!(buffer.capacity() <= 4 * expected.len());
        buffer.truncate(5);
        buffer.truncate(10);
        buffer.insert(2, b'x');
        buffer.byte(b'y');
        expected.truncate(5);
        expected.insert(2, b'x');
        expected.push(b'y');
        assert_eq!(buffer.as_slice(), expected);
    }
}
