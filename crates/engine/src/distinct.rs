//! Counting distinct users per cell.
//!
//! Where users × cells bits fit in [`BITMAP_BYTES`], a bitmap: the words of 64 neighbouring users
//! lie together for all cells, so that the rows of an id, which are one run, stay in the cache.
//! Else the distinct (cell, user) pairs themselves, sorted now and then: memory follows the pairs.

/// The largest bitmap.
const BITMAP_BYTES: usize = 128 << 20;
/// Pairs that may wait before they are sorted.
const PENDING: usize = 1 << 20;

/// Distinct users of each of some cells.
#[derive(Debug)]
pub(crate) enum Distinct {
    Bitmap {
        cells: usize,
        /// Word `user / 64 * cells + cell`, bit `user % 64`.
        words: Vec<u64>,
    },
    Pairs {
        cells: usize,
        /// Cell in the upper half, user in the lower; sorted and distinct up to `sorted`.
        pairs: Vec<u64>,
        sorted: usize,
    },
}

impl Distinct {
    /// Nothing counted, for `cells` cells and user indices below `users`.
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

    /// Counts users, each in a cell.
    #[inline]
    pub(crate) fn add(&mut self, users: impl Iterator<Item = (usize, u32)>) {
        match self {
            Self::Bitmap { cells, words } => {
                // Rows of one id follow each other: the same bit again needs no work.
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
                // At least doubling between two sorts keeps the work in proportion.
                if pairs.len() >= PENDING.max(2 * *sorted) {
                    pairs.sort_unstable();
                    pairs.dedup();
                    *sorted = pairs.len();
                }
            }
        }
    }

    /// The count of each cell.
    pub(crate) fn counts(self) -> Vec<u64> {
        match self {
            Self::Bitmap { cells, words } => {
                let mut counts = vec![0; cells];
                for block in words.chunks_exact(cells.max(1)) {
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
    fn both_ways_count_alike() {
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
