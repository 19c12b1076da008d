use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::later::Later;

/// The most that is kept of one body, in bytes. What is longer is cut there and marked as truncated.
pub const LIMIT: usize = 16 << 20;

/// What each kept piece costs beside its bytes, so that a body in tiny pieces is bounded as well.
const PIECE: usize = size_of::<Bytes>() + size_of::<u32>() + 32;

/// So much is kept of the end of a body that is longer than [`LIMIT`], in bytes: there servers say what it used up.
const END: usize = 64 << 10;

/// Pieces shorter than this are copied, in bytes. Kept by reference each would hold the whole buffer that it was read
/// into, which is about as long where a stream comes slowly: many times what it is counted as.
pub(crate) const SMALL: usize = 8 << 10;

/// Small pieces are written one after the other into buffers of this size, in bytes: an allocation for each would be
/// most of what a chunk costs.
const BUFFER: usize = 32 << 10;

/// A body as it passes, bounded. Where it was split is not kept, but when each piece came.
#[derive(Debug)]
pub(super) struct Kept {
    pieces: Vec<Bytes>,
    /// The small pieces that came last.
    open: Vec<u8>,
    /// What came last, where not all is kept.
    end: VecDeque<Bytes>,
    /// How long that is.
    end_length: usize,
    /// When each piece came, in milliseconds since `since`; empty without it.
    times: Vec<u32>,
    since: Option<Instant>,
    room: usize,
    truncated: bool,
    /// The whole body, where it is yet to be written.
    later: Option<Later>,
}

impl Kept {
    pub(super) const fn new() -> Kept {
        Kept {
            pieces: Vec::new(),
            open: Vec::new(),
            end: VecDeque::new(),
            end_length: 0,
            times: Vec::new(),
            since: None,
            room: LIMIT,
            truncated: false,
            later: None,
        }
    }

    /// One that notes when each piece came, counted from `sent`.
    pub(super) const fn since(sent: Instant) -> Kept {
        let mut kept = Kept::new();
        kept.since = Some(sent);
        kept
    }

    pub(super) fn push(&mut self, piece: &Bytes) {
        if self.truncated {
            return self.push_end(piece.clone());
        }
        self.note_time();
        self.keep(piece);
    }

    /// The whole body came, in types of the client.
    #[cfg(feature = "genai")]
    pub(super) fn push_later(&mut self, body: Later) {
        self.note_time();
        self.later = Some(body);
    }

    /// Writes what was left for later. All is kept then.
    pub(super) fn settle(&mut self) {
        if let Some(later) = self.later.take() {
            self.keep(&later.write());
            self.close();
        }
    }

    fn note_time(&mut self) {
        if let Some(since) = self.since {
            let elapsed = since.elapsed().as_millis();
            self.times.push(u32::try_from(elapsed).unwrap_or(u32::MAX));
        }
    }

    fn keep(&mut self, piece: &Bytes) {
        let cost = piece.len() + PIECE;
        if cost <= self.room {
            self.room -= cost;
            match piece.len() {
                ..SMALL => self.append(piece),
                _ => {
                    self.close();
                    self.pieces.push(piece.clone());
                }
            }
        } else {
            self.truncated = true;
            let fits = self.room.saturating_sub(PIECE).min(piece.len());
            self.close();
            self.pieces.push(piece.slice(..fits));
            self.push_end(piece.slice(fits..));
        }
    }

    fn append(&mut self, piece: &[u8]) {
        if self.open.len() + piece.len() > BUFFER {
            self.close();
            self.open.reserve_exact(BUFFER);
        }
        self.open.extend_from_slice(piece);
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.pieces.push(std::mem::take(&mut self.open).into());
        }
    }

    /// What came last, as far as it is kept: at least the last small piece.
    pub(super) fn last(&self) -> &[u8] {
        let kept = || self.pieces.last().map_or(&b""[..], |it| it);
        match self.end.back() {
            Some(last) => last,
            None if self.open.is_empty() => kept(),
            None => &self.open,
        }
    }

    fn push_end(&mut self, piece: Bytes) {
        let piece = match piece.len() {
            ..SMALL => Bytes::copy_from_slice(&piece),
            length => piece.slice(length.saturating_sub(END)..),
        };
        self.end_length += piece.len();
        self.end.push_back(piece);
        while let Some(first) = self.end.front()
            && self.end_length - first.len() >= END
        {
            self.end_length -= first.len();
            self.end.pop_front();
        }
    }

    /// What came first and last of a body that is truncated.
    pub(super) fn ends(&self) -> Vec<Bytes> {
        let mut room = END;
        let first = self.pieces.iter().map_while(|piece| {
            let piece = piece.slice(..piece.len().min(room));
            room -= piece.len();
            Some(piece).filter(|it| !it.is_empty())
        });
        first.chain(self.end.iter().cloned()).collect()
    }

    /// All that is kept, once the body has ended.
    pub(super) fn pieces(&self) -> &[Bytes] {
        debug_assert!(self.open.is_empty(), "it is closed at its end");
        &self.pieces
    }

    /// The body came to its end: nothing more is pushed.
    pub(super) fn end(&mut self) {
        self.close();
    }

    /// When each piece came, in milliseconds since the request was sent.
    pub(super) fn times(&self) -> &[u32] {
        &self.times
    }

    /// About how much memory it holds, in bytes.
    pub(super) fn size(&self) -> usize {
        LIMIT - self.room + self.end_length + self.later.as_ref().map_or(0, Later::size)
    }

    pub(super) fn truncated(&self) -> bool {
        self.truncated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_body_is_cut_at_the_limit() {
        let mut kept = Kept::new();
        let piece = Bytes::from(vec![b'x'; 5 << 20]);
        (0..10).for_each(|_| kept.push(&piece));
        kept.end();
        let length: usize = kept.pieces().iter().map(Bytes::len).sum();
        assert!(kept.truncated());
        assert!((LIMIT - 10 * PIECE..=LIMIT).contains(&length), "{length}");
    }

    #[test]
    fn small_pieces_lie_one_after_the_other() {
        let mut kept = Kept::since(Instant::now());
        let pieces: Vec<_> = (0..10_000)
            .map(|it| Bytes::from(format!("{it} ")))
            .collect();
        let large = Bytes::from(vec![b'x'; SMALL]);
        let all = || pieces.iter().chain([&large, &large]).chain(&pieces[..2]);
        all().for_each(|it| kept.push(it));
        assert_eq!(kept.last(), b"0 1 ");
        assert_eq!(kept.times().len(), 10_004);
        kept.end();
        assert_eq!(kept.last(), b"0 1 ");
        assert_eq!(kept.pieces().len(), 5);
        assert_eq!(kept.pieces()[2].as_ptr(), large.as_ptr(), "not copied");
        assert_eq!(
            kept.pieces().concat(),
            all().flatten().copied().collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_ends_of_a_long_body_are_kept() {
        let mut kept = Kept::new();
        kept.push(&Bytes::from_static(b"short"));
        kept.push(&Bytes::from(vec![b'x'; LIMIT]));
        (0..1_000).for_each(|number| kept.push(&Bytes::from(format!("{number:0>1000}"))));
        let ends = kept.ends().concat();
        assert!(
            (2 * END..2 * END + 1_000).contains(&ends.len()),
            "{}",
            ends.len()
        );
        assert!(ends.starts_with(b"shortxx") && ends.ends_with(b"000999"));
        kept.push(&Bytes::from(vec![b'y'; 5 << 20]));
        assert_eq!(kept.ends().concat()[END..], vec![b'y'; END]);
    }

    #[test]
    fn a_body_in_tiny_pieces_is_bounded_too() {
        let mut kept = Kept::new();
        let piece = Bytes::from_static(b"x");
        (0..LIMIT / 16).for_each(|_| kept.push(&piece));
        assert!(kept.truncated());
        kept.end();
        let length: usize = kept.pieces().iter().map(Bytes::len).sum();
        assert!(length <= LIMIT / PIECE + 1);
    }
}
