//! The bucket of an event, as arithmetic on the plan's instants.
//!
//! Most buckets are equally long. Edges become runs of equal width; a tree of comparisons finds
//! the run, a division the bucket in it. So ten thousand hours cost as little as ten.

use empmix_model::EpochMs;
use mongodb::bson::{Bson, bson};

use crate::documents::time;

/// Buckets of one width that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// The position of its first bucket.
    first: usize,
    start: EpochMs,
    width: i64,
}

/// The position of the bucket that an event's time `$t` lies in. The time must lie between the
/// first and the last edge.
pub(super) fn position(edges: &[EpochMs]) -> Bson {
    tree(&runs(edges))
}

fn runs(edges: &[EpochMs]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (first, bucket) in edges.windows(2).enumerate() {
        let width = bucket[1] - bucket[0];
        if runs.last().is_none_or(|run| run.width != width) {
            runs.push(Run {
                first,
                start: bucket[0],
                width,
            });
        }
    }
    runs
}

fn tree(runs: &[Run]) -> Bson {
    match runs {
        [] => Bson::Int32(0),
        [run] => within(*run),
        _ => {
            let (before, after) = runs.split_at(runs.len() / 2);
            bson!({"$cond": [
                {"$lt": ["$t", time(after[0].start)]},
                tree(before),
                tree(after),
            ]})
        }
    }
}

fn within(run: Run) -> Bson {
    let first = i32::try_from(run.first).unwrap_or(i32::MAX);
    let passed = bson!({"$subtract": ["$t", time(run.start)]});
    bson!({"$add": [first, {"$toInt": {"$floor": {"$divide": [passed, run.width]}}}]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_widths_are_one_run() {
        let days: Vec<_> = (0..=10_000).map(|day| day * 86_400_000).collect();
        assert_eq!(
            runs(&days),
            [Run {
                first: 0,
                start: 0,
                width: 86_400_000
            }]
        );
    }

    #[test]
    fn a_change_of_width_begins_a_run() {
        let run = |first, start, width| Run {
            first,
            start,
            width,
        };
        assert_eq!(
            runs(&[0, 10, 20, 29, 39]),
            [run(0, 0, 10), run(2, 20, 9), run(3, 29, 10)]
        );
        assert_eq!(runs(&[5]), []);
    }
}
