use serde::Serialize;

/// The most times that are kept of one stream.
const MAX_TIMES: usize = 1_000;

/// When the pieces of a streamed answer came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Timing {
    /// How many pieces there were.
    pub chunks: usize,
    /// When they came, in milliseconds since the request was sent: all of them, or 1,000 that lie
    /// evenly among them, the first and the last included.
    pub times_ms: Vec<u32>,
    /// The longest wait between two pieces, in milliseconds.
    pub longest_gap_ms: u32,
}

impl Timing {
    /// Of the times of all pieces; `None` if there are none.
    pub(super) fn of(times: &[u32]) -> Option<Timing> {
        let chunks = times.len();
        let gaps = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        let longest_gap_ms = gaps.max().unwrap_or(0);
        let times_ms = match chunks {
            0 => return None,
            1..=MAX_TIMES => times.to_vec(),
            _ => (0..MAX_TIMES)
                .map(|at| times[at * (chunks - 1) / (MAX_TIMES - 1)])
                .collect(),
        };
        Some(Timing {
            chunks,
            times_ms,
            longest_gap_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Timing;

    #[test]
    fn many_times_are_thinned_evenly() {
        let times: Vec<u32> = (0..100_000).collect();
        let timing = Timing::of(&times).unwrap();
        assert_eq!((timing.chunks, timing.times_ms.len()), (100_000, 1_000));
        assert_eq!((timing.times_ms[0], timing.times_ms[999]), (0, 99_999));
        assert!(
            timing
                .times_ms
                .windows(2)
                .all(|pair| (99..=102).contains(&(pair[1] - pair[0])))
        );
        assert_eq!(timing.longest_gap_ms, 1);
    }

    #[test]
    fn the_wait_for_the_first_piece_is_no_gap() {
        let timing = Timing::of(&[500, 510, 700]).unwrap();
        assert_eq!(
            (timing.longest_gap_ms, timing.times_ms),
            (190, vec![500, 510, 700])
        );
        assert_eq!(Timing::of(&[]), None);
    }
}
