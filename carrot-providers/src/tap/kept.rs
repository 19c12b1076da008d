use std::time::Instant;

use bytes::Bytes;

/// The most that is kept of one body, in bytes. What is longer is cut there and marked as truncated.
pub const LIMIT: usize = 16 << 20;

/// What each kept piece costs beside its bytes, so that a body in tiny pieces is bounded as well.
const PIECE: usize = size_of::<Bytes>() + size_of::<u32>() + 32;

/// A body as it passes, kept by reference and bounded.
#[derive(Debug)]
pub(super) struct Kept {
    pieces: Vec<Bytes>,
    /// When each piece came, in milliseconds since `since`; empty without it.
    times: Vec<u32>,
    since: Option<Instant>,
    room: usize,
    truncated: bool,
}

impl Kept {
    pub(super) const fn new() -> Kept {
        Kept {
            pieces: Vec::new(),
            times: Vec::new(),
            since: None,
            room: LIMIT,
            truncated: false,
        }
    }

    /// One that notes when each piece came, counted from `sent`.
    pub(super) const fn since(sent: Instant) -> Kept {
        let mut kept = Kept::new();
        kept.since = Some(sent);
        kept
    }

    pub(super) fn push(&mut self, piece: &Bytes) {
        let cost = piece.len() + PIECE;
        if self.truncated {
            return;
        }
        if let Some(since) = self.since {
            let elapsed = since.elapsed().as_millis();
            self.times.push(u32::try_from(elapsed).unwrap_or(u32::MAX));
        }
        if cost <= self.room {
            self.room -= cost;
            self.pieces.push(piece.clone());
        } else {
            self.truncated = true;
            let fits = self.room.saturating_sub(PIECE).min(piece.len());
            self.pieces.push(piece.slice(..fits));
        }
    }

    pub(super) fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// When each piece came, in milliseconds since the request was sent.
    pub(super) fn times(&self) -> &[u32] {
        &self.times
    }

    /// About how much memory it holds, in bytes.
    pub(super) fn size(&self) -> usize {
        LIMIT - self.room
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
        let length: usize = kept.pieces().iter().map(Bytes::len).sum();
        assert!(kept.truncated());
        assert!((LIMIT - 10 * PIECE..=LIMIT).contains(&length), "{length}");
    }

    #[test]
    fn a_body_in_tiny_pieces_is_bounded_too() {
        let mut kept = Kept::new();
        let piece = Bytes::from_static(b"x");
        (0..LIMIT / 16).for_each(|_| kept.push(&piece));
        assert!(kept.truncated());
        assert!(kept.pieces().len() <= LIMIT / PIECE + 1);
    }
}
