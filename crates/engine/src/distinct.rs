//! Counts distinct users per cell.
//!
//! If users × cells bits fit in [`BITMAP_BYTES`], a bitmap is used. It stores the words of 64
//! neighbouring users contiguously for all cells: the rows of an id are contiguous, too, so they
//! access words that are in the cache. Otherwise a list of (cell, user) pairs is used, sorted and
//! deduplicated from time to time; its memory is proportional to the number of distinct pairs.

/// The maximum size of a bitmap.
const BITMAP_BYTES: usize = 128 << 20;
/// The minimum number of pairs to sort.
const PENDING: usize = 1 << 20;

/// The sets of distinct users of a number of cells.
#[derive(Debug)]
pub(crate) enum Distinct {
    Bitmap {
        cells: usize,
        /// Word `user / 64 * cells + cell`, bit `user % 64`.
        words: Vec<u64>,
    },
    Pairs {
        cells: usize,
        /// The cell in the upper half, the user in the lower; sorted and distinct up to `sorted`.
        pairs: Vec<u64>,
        sorted: usize,
    },
}

impl Distinct {
    /// Empty sets for `cells` cells and user indices below `users`.
    pub(crate) fn new(cells: usize, users: usize) -> Self {
        Self::with_bitmap_up_to(BITMAP_BYTES, cells, users)
    }

    fn with_bitmap_up_to(bytes: usize, cells: usize, users: usize) -> Self {
        let words = users.div_ceil(64).saturating_mul(cells);
        if words.saturating_mul(8) <= bytes {
            let words = vec![0; words];
            Self::Bitmap { cells, words }
        } else {
            let pairs = Vec::new();
            Self::Pairs {
                cells,
                pairs,
                sorted: 0,
            }
        }
    }

    /// Adds users, each to a cell.
    #[inline]
    pub(crate) fn add(&mut self, users: impl Iterator<Item = (usize, u32)>) {
        match self {
            Self::Bitmap { cells, words } => {
                // The rows of one id are contiguous, so the same bit often repeats.
                let mut last = (usize::MAX, 0);
                for (cell, user) in users {
                    if (cell, user) != last {
                        words[(user / 64) as usize * *cells + cell] |= 1 << (user % 64);
                        last = (cell, user);
                    }
                }
            }
            Self::Pairs { pairs, sorted, .. } => {
                for (cell, user) in users {
                    let pair = (cell as u64) << 32 | u64::from(user);
                    if pairs.last() != Some(&pair) {
                        pairs.push(pair);
                    }
                }
                // The list doubles between two sorts, so that the total work stays proportional.
                if pairs.len() >= PENDING.max(2 * *sorted) {
                    pairs.sort_unstable();
                    pairs.dedup();
                    *sorted = pairs.len();
                }
            }
        }
    }

    /// The number of users of each cell.
    pub(crate) fn counts(self) -> Vec<u64> {
        match self {
            Self::Bitmap { cells, words } => {
                let mut counts = vec![0; cells];
                let blocks = words.chunks_exact(cells.max(1));
                for block in blocks {
                    for (count, word) in counts.iter_mut().zip(block) {
                        *count += u64::from(word.count_ones());
                    }
                }
                counts
            }
            Self::Pairs {
                cells, mut pairs, ..
            } => {
                pairs.sort_unstable();
                pairs.dedup();
                let mut counts = vec![0; cells];
                for pair in pairs {
                    if let Ok(cell) = usize::try_from(pair >> 32) {
                        counts[cell] += 1;
                    }
                }
                counts
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitmap_and_pairs_give_the_same_counts() {
        let mut bitmap = Distinct::with_bitmap_up_to(1 << 20, 3, 200);
        let mut pairs = Distinct::with_bitmap_up_to(0, 3, 200);
        assert!(matches!(bitmap, Distinct::Bitmap { .. }));
        assert!(matches!(pairs, Distinct::Pairs { .. }));
        for distinct in [&mut bitmap, &mut pairs] {
            for thousand in 0..3000_u32 {
                let steps = thousand * 1000..(thousand + 1) * 1000;
                distinct.add(steps.map(|step| ((step % 2) as usize * 2, step * 7 % 150)));
            }
        }
        assert_eq!(bitmap.counts(), [75, 0, 75]);
        assert_eq!(pairs.counts(), [75, 0, 75]);
    }
}
