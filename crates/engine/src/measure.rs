//! The state of a measure: one value per cell, accumulated row by row.

use empmix_query::{report::Measure, sum::Sum};

use crate::distinct::Distinct;

/// The accumulated state of a measure, per cell.
#[derive(Debug)]
pub(crate) enum MeasureState {
    Total(Vec<u64>),
    Unique(Distinct),
    Sum(Vec<SumAndCount>),
    Avg(Vec<SumAndCount>),
}

/// The sum and the count of numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SumAndCount {
    sum: Sum,
    count: u64,
}

impl SumAndCount {
    #[inline]
    fn add(&mut self, number: f64) {
        self.sum.add(number);
        self.count += 1;
    }

    fn merge(&mut self, other: Self) {
        self.sum.merge(other.sum);
        self.count += other.count;
    }
}

impl MeasureState {
    /// The initial state for `cells` cells and user indices below `users`.
    pub(crate) fn new(measure: &Measure, cells: usize, users: usize) -> Self {
        match measure {
            Measure::Total => Self::Total(vec![0; cells]),
            Measure::Unique => Self::Unique(Distinct::new(cells, users)),
            Measure::Sum(_) => Self::Sum(vec![SumAndCount::default(); cells]),
            Measure::Avg(_) => Self::Avg(vec![SumAndCount::default(); cells]),
        }
    }

    /// Adds rows, each to a cell. `user` returns the user of a row; `number` returns its number, or
    /// NaN if it has none.
    #[inline]
    pub(crate) fn add(
        &mut self,
        rows: impl Iterator<Item = (u32, usize)>,
        user: impl Fn(u32) -> u32,
        number: impl Fn(u32) -> f64,
    ) {
        match self {
            Self::Total(counts) => rows.for_each(|(_, cell)| counts[cell] += 1),
            Self::Unique(distinct) => distinct.add(rows.map(|(row, cell)| (cell, user(row)))),
            Self::Sum(sums) | Self::Avg(sums) => rows.for_each(|(row, cell)| {
                let number = number(row);
                if !number.is_nan() {
                    sums[cell].add(number);
                }
            }),
        }
    }

    /// Combines each `width` neighbouring cells into one; `None` for distinct users, which cannot be
    /// added up.
    pub(crate) fn rolled_up(&self, width: usize) -> Option<Self> {
        let numbers = |sums: &[SumAndCount]| {
            let together = |sums: &[SumAndCount]| {
                let mut all = SumAndCount::default();
                sums.iter().for_each(|one| all.merge(*one));
                all
            };
            sums.chunks(width).map(together).collect()
        };
        match self {
            Self::Total(counts) => {
                let totals = counts.chunks(width).map(|counts| counts.iter().sum());
                Some(Self::Total(totals.collect()))
            }
            Self::Sum(sums) => Some(Self::Sum(numbers(sums))),
            Self::Avg(sums) => Some(Self::Avg(numbers(sums))),
            Self::Unique(_) => None,
        }
    }

    /// The value of each cell.
    pub(crate) fn finish(self) -> Vec<Option<f64>> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a store has fewer than 2^53 events"
        )]
        let count = |count: u64| Some(count as f64);
        match self {
            Self::Total(counts) => counts.into_iter().map(count).collect(),
            Self::Unique(distinct) => distinct.counts().into_iter().map(count).collect(),
            Self::Sum(sums) => sums.iter().map(|numbers| numbers.sum.value()).collect(),
            Self::Avg(sums) => sums
                .iter()
                .map(|numbers| numbers.sum.mean(numbers.count))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use empmix_query::report::PropertyRef;

    use super::*;

    #[test]
    fn rolled_up_cells_equal_the_measure_of_the_whole() {
        let property = PropertyRef {
            property: "p".to_owned(),
            cast: None,
        };
        let rows = [(0_u32, 0_usize), (1, 1), (2, 2), (3, 1)];
        for (measure, points, totals) in [
            (Measure::Total, [1.0, 2.0, 1.0, 0.0], [3.0, 1.0]),
            (
                Measure::Sum(property.clone()),
                [0.0, 4.0, 2.0, 0.0],
                [4.0, 2.0],
            ),
        ] {
            let mut state = MeasureState::new(&measure, 4, 1);
            state.add(rows.into_iter(), |_| 0, f64::from);
            let rolled_up = state.rolled_up(2).unwrap();
            assert_eq!(state.finish(), points.map(Some));
            assert_eq!(rolled_up.finish(), totals.map(Some));
        }
        let mut state = MeasureState::new(&Measure::Avg(property), 4, 1);
        state.add(rows.into_iter(), |_| 0, f64::from);
        assert_eq!(state.rolled_up(4).unwrap().finish(), [Some(1.5)]);
        assert_eq!(state.finish(), [Some(0.0), Some(2.0), Some(2.0), None]);
        assert!(
            MeasureState::new(&Measure::Unique, 4, 1)
                .rolled_up(2)
                .is_none()
        );
    }
}
