//! Compensated sums: both engines add numbers like this, so that the order of rows does not show.

/// A compensated sum (Neumaier): its error does not grow with how many numbers were added.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// Adds a number.
    #[inline]
    pub fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.lost += if self.sum.abs() >= number.abs() {
            (self.sum - sum) + number
        } else {
            (number - sum) + self.sum
        };
        self.sum = sum;
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: Self) {
        self.add(other.sum);
        self.lost += other.lost;
    }

    /// The sum, 0 for −0; `None` beyond f64.
    pub fn value(self) -> Option<f64> {
        finite(self.sum + self.lost)
    }

    /// The sum divided by how many numbers it is of; `None` without any, and beyond f64.
    pub fn mean(self, count: u64) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "no store holds 2^53 events")]
        let count = count as f64;
        finite((self.sum + self.lost) / count)
    }
}

fn finite(number: f64) -> Option<f64> {
    number
        .is_finite()
        .then(|| crate::value::positive_zero(number))
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
        assert_eq!(sum_of(&[1e16, 1.0, -1e16]).value(), Some(1.0));
        assert_eq!(sum_of(&[0.1; 10]).value(), Some(1.0));
        assert_eq!(sum_of(&[1.0, 2.0]).mean(2), Some(1.5));
    }

    #[test]
    fn halves_add_up_to_the_whole() {
        let mut whole = sum_of(&[1e16, 1.0]);
        whole.merge(sum_of(&[1.0, -1e16]));
        assert_eq!(whole.value(), Some(2.0));
    }

    #[test]
    fn nothing_sums_to_zero_and_has_no_mean() {
        assert_eq!(sum_of(&[]).value(), Some(0.0));
        assert_eq!(sum_of(&[]).mean(0), None);
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).value(), None);
    }
}
