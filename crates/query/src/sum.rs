//! Compensated sums. Both engines use them, so that the order of rows does not affect results.

/// A compensated sum (Neumaier): its error does not grow with the number of addends.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    sum: f64,
    compensation: f64,
}

impl Sum {
    /// Adds a number.
    #[inline]
    pub fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.compensation += if self.sum.abs() >= number.abs() {
            (self.sum - sum) + number
        } else {
            (number - sum) + self.sum
        };
        self.sum = sum;
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: Self) {
        self.add(other.sum);
        self.compensation += other.compensation;
    }

    /// The sum, with −0 as 0; `None` if it is not finite.
    pub fn value(self) -> Option<f64> {
        finite(self.sum + self.compensation)
    }

    /// The sum divided by the number of addends; `None` if `count` is 0 or the mean is not finite.
    pub fn mean(self, count: u64) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a store has fewer than 2^53 events"
        )]
        let count = count as f64;
        finite((self.sum + self.compensation) / count)
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
    fn sums_are_exact_where_plain_addition_rounds() {
        assert_eq!(sum_of(&[1e16, 1.0, -1e16]).value(), Some(1.0));
        assert_eq!(sum_of(&[0.1; 10]).value(), Some(1.0));
        assert_eq!(sum_of(&[1.0, 2.0]).mean(2), Some(1.5));
    }

    #[test]
    fn merged_sums_equal_the_sum_of_all() {
        let mut whole = sum_of(&[1e16, 1.0]);
        whole.merge(sum_of(&[1.0, -1e16]));
        assert_eq!(whole.value(), Some(2.0));
    }

    #[test]
    fn an_empty_sum_is_zero_and_has_no_mean() {
        assert_eq!(sum_of(&[]).value(), Some(0.0));
        assert_eq!(sum_of(&[]).mean(0), None);
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).value(), None);
    }
}
