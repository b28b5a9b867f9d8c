//! Segments: the segments of a row, and the segments that a report shows.
//!
//! An engine answers a breakdown in two passes. The first pass finds the *candidates*: the segments
//! of all rows in the range that the report's filter and at least one series' event and filter
//! accept, each with the range total of the *first* series. [`rank`] selects the segments to show,
//! in order. The second pass computes every series over these segments and over [`Segment::Other`].
//! A row counts in `Other` once if at least one of its segments is not shown, so that users are
//! distinct across all of `Other`.
//!
//! If the first series has no rows in a candidate, the candidate's total is the measure's value
//! without rows: 0, or null for an average.

use std::{cmp::Ordering, collections::BTreeSet};

use serde_json::Value;

use crate::{answer::SegmentValue, value::Scalar};

/// One element of a segment. The order is the one of ties: strings, numbers, booleans, not set,
/// then the rest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Rows with this value.
    Value(Scalar),
    /// Rows without a scalar value.
    NotSet,
    /// Rows beyond the limit.
    Other,
}

impl Segment {
    /// The segments of a row with this value, to which the breakdown's cast is already applied (see
    /// [`value::read`](crate::value::read)). A list counts once in each distinct scalar item. A
    /// missing value, an object and a list without scalars are not set.
    pub fn of(value: Option<&Value>) -> BTreeSet<Self> {
        let scalars: BTreeSet<Self> = match value {
            None => BTreeSet::new(),
            Some(Value::Array(items)) => items.iter().filter_map(Self::scalar).collect(),
            Some(value) => Self::scalar(value).into_iter().collect(),
        };
        if scalars.is_empty() {
            BTreeSet::from([Self::NotSet])
        } else {
            scalars
        }
    }

    fn scalar(value: &Value) -> Option<Self> {
        Scalar::of(value).map(Self::Value)
    }
}

impl From<Segment> for SegmentValue {
    fn from(segment: Segment) -> Self {
        match segment {
            Segment::Value(Scalar::Text(text)) => Self::Text(text),
            Segment::Value(Scalar::Number(number)) => Self::Number(number),
            Segment::Value(Scalar::Boolean(flag)) => Self::Boolean(flag),
            Segment::NotSet => Self::NotSet { not_set: true },
            Segment::Other => Self::Other { other: true },
        }
    }
}

/// The segments that a report shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownSegments {
    /// The segments to show, in order.
    pub segments: Vec<Segment>,
    /// Whether there are more; then [`Segment::Other`] follows.
    pub rest: bool,
}

/// Selects the segments to show from the distinct candidates and their range totals in the first
/// series. The order is by descending total with null last, then by value.
pub fn rank(candidates: Vec<(Segment, Option<f64>)>, limit: usize) -> ShownSegments {
    let mut candidates: Vec<_> = candidates
        .into_iter()
        .map(|(segment, total)| (total.map(comparable), segment))
        .collect();
    candidates.sort_by(|(a, left), (b, right)| descending(*a, *b).then_with(|| left.cmp(right)));
    let rest = candidates.len() > limit;
    candidates.truncate(limit);
    ShownSegments {
        segments: candidates.into_iter().map(|(_, segment)| segment).collect(),
        rest,
    }
}

fn descending(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

/// A total rounded to 15 significant digits, which f64 keeps for every decimal number. Sums that
/// were added in different orders may differ in further digits, and must tie in both engines.
fn comparable(total: f64) -> f64 {
    format!("{total:.14e}")
        .parse()
        .map_or(total, crate::value::positive_zero)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(text: &str) -> Segment {
        Segment::Value(Scalar::Text(text.to_owned()))
    }

    #[test]
    fn a_list_counts_once_in_each_distinct_scalar() {
        let list = json!(["a", "b", "a", 0, -0.0, [1], {"x": 1}, null, true]);
        let expected = BTreeSet::from([
            text("a"),
            text("b"),
            Segment::Value(Scalar::Number(0.0)),
            Segment::Value(Scalar::Boolean(true)),
        ]);
        assert_eq!(Segment::of(Some(&list)), expected);
        for not_set in [json!([]), json!([[1], null]), json!({"a": 1}), json!(null)] {
            assert_eq!(
                Segment::of(Some(&not_set)),
                BTreeSet::from([Segment::NotSet])
            );
        }
        assert_eq!(Segment::of(None), BTreeSet::from([Segment::NotSet]));
    }

    #[test]
    fn ranked_by_total_then_value_with_null_last() {
        let number = Segment::Value(Scalar::Number(1.0));
        let flag = Segment::Value(Scalar::Boolean(false));
        let candidates = vec![
            (Segment::NotSet, Some(2.0)),
            (flag.clone(), Some(2.0)),
            (text("none"), None),
            (number.clone(), Some(2.0)),
            (text("b"), Some(2.0)),
            (text("top"), Some(3.0)),
            (text("a"), Some(2.0)),
            (text("low"), Some(-1.0)),
        ];
        let shown = rank(candidates.clone(), 8);
        let expected = [
            text("top"),
            text("a"),
            text("b"),
            number,
            flag,
            Segment::NotSet,
            text("low"),
            text("none"),
        ];
        assert_eq!(shown.segments, expected);
        assert!(!shown.rest);
        let shown = rank(candidates, 2);
        assert_eq!(shown.segments, expected[..2]);
        assert!(shown.rest);
    }

    #[test]
    fn sums_that_differ_by_the_order_of_adding_tie() {
        let candidates = vec![(text("b"), Some(0.1 + 0.2)), (text("a"), Some(0.3))];
        assert_eq!(rank(candidates, 5).segments, [text("a"), text("b")]);
    }

    #[test]
    fn large_totals_that_differ_by_one_do_not_tie() {
        let totals = [1_788_000_000_000.0, 1_788_000_000_001.0].map(Some);
        let candidates = vec![(text("a"), totals[0]), (text("b"), totals[1])];
        assert_eq!(rank(candidates, 5).segments, [text("b"), text("a")]);
    }
}
