//! The state of a measure: one value per cell, built up row by row.

use empmix_query::report::Measure;

use crate::distinct::Distinct;

/// What a measure knows of each cell so far.
#[derive(Debug)]
pub(crate) enum State {
    Total(Vec<u64>),
    Unique(Distinct),
    Sum(Vec<Sum>),
    Avg(Vec<Sum>),
}

impl State {
    /// Nothing measured, for `cells` cells and user indices below `users`.
    pub(crate) fn new(measure: &Measure, cells: usize, users: usize) -> Self {
        match measure {
            Measure::Total => Self::Total(vec![0; cells]),
            Measure::Unique => Self::Unique(Distinct::new(cells, users)),
            Measure::Sum(_) => Self::Sum(vec![Sum::default(); cells]),
            Measure::Avg(_) => Self::Avg(vec![Sum::default(); cells]),
        }
    }

    /// Takes a row into a cell; `number` is NaN where the measured property has none.
    #[inline]
    pub(crate) fn add(&mut self, cell: usize, user: u32, number: f64) {
        match self {
            Self::Total(counts) => counts[cell] += 1,
            Self::Unique(distinct) => distinct.add(cell, user),
            Self::Sum(sums) | Self::Avg(sums) => {
                if !number.is_nan() {
                    sums[cell].add(number);
                }
            }
        }
    }

    /// The value of each cell.
    pub(crate) fn finish(self) -> Vec<Option<f64>> {
        #[expect(clippy::cast_precision_loss, reason = "no store holds 2^53 events")]
        let count = |count: u64| Some(count as f64);
        match self {
            Self::Total(counts) => counts.into_iter().map(count).collect(),
            Self::Unique(distinct) => distinct.counts().into_iter().map(count).collect(),
            Self::Sum(sums) => sums.iter().map(Sum::sum).collect(),
            Self::Avg(sums) => sums.iter().map(Sum::mean).collect(),
        }
    }
}

/// A compensated sum (Neumaier): its error does not grow with the number of rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    sum: f64,
    lost: f64,
    count: u64,
}

impl Sum {
    fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.lost += if self.sum.abs() >= number.abs() {
            (self.sum - sum) + number
        } else {
            (number - sum) + self.sum
        };
        self.sum = sum;
        self.count += 1;
    }

    /// The sum; `None` beyond f64.
    fn sum(&self) -> Option<f64> {
        let sum = self.sum + self.lost;
        sum.is_finite().then_some(sum)
    }

    /// The mean; `None` without rows.
    fn mean(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "no store holds 2^53 events")]
        let count = self.count as f64;
        self.sum()
            .map(|sum| sum / count)
            .filter(|mean| mean.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum_of(numbers: &[f64]) -> Sum {
        let mut sum = Sum::default();
        numbers.iter().for_each(|number| sum.add(*number));
        sum
    }

    #[test]
    fn sums_keep_what_plain_addition_loses() {
        assert_eq!(sum_of(&[1e16, 1.0, -1e16]).sum(), Some(1.0));
        assert_eq!(sum_of(&[0.1; 10]).sum(), Some(1.0));
        assert_eq!(sum_of(&[1.0, 2.0]).mean(), Some(1.5));
    }

    #[test]
    fn nothing_sums_to_zero_and_has_no_mean() {
        assert_eq!(sum_of(&[]).sum(), Some(0.0));
        assert_eq!(sum_of(&[]).mean(), None);
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).sum(), None);
    }
}
