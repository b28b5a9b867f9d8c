//! From the pipelines' rows to an answer.

use empmix_query::{
    InvalidQuery, Plan,
    answer::{InsightsResult, SegmentValue, SeriesResult},
    report::{Insights, Measure},
    segment::{Segment, ShownSegments},
    sum::Sum,
    value::{Scalar, positive_zero},
};
use mongodb::bson::{RawBsonRef, RawDocument};

/// Per series, per segment, per bucket and then for the range: what the measure needs.
pub(super) struct Cells {
    buckets: usize,
    segments: usize,
    series: Vec<Vec<Cell>>,
    /// Whether a series counts users: its range is counted, not added up.
    of_users: Vec<bool>,
    rows: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    count: u64,
    numbers: u64,
    sum: Sum,
}

impl Cells {
    /// Fails when there would be too many of them.
    pub(super) fn new(
        report: &Insights,
        plan: &Plan,
        shown: Option<&ShownSegments>,
    ) -> Result<Self, InvalidQuery> {
        let segments = shown.map_or(1, |shown| shown.segments.len() + usize::from(shown.rest));
        plan.check_points(report.series.len(), segments)?;
        let blank = vec![Cell::default(); segments * (plan.buckets() + 1)];
        Ok(Self {
            buckets: plan.buckets(),
            segments,
            series: vec![blank; report.series.len()],
            of_users: report
                .series
                .iter()
                .map(|series| series.measure == Measure::Unique)
                .collect(),
            rows: 0,
        })
    }

    /// Takes a row; `None` when it is not a row of the report.
    pub(super) fn add(&mut self, series: usize, row: &RawDocument) -> Option<()> {
        let whole = |field| optional(row, field, integer);
        let segment = usize::try_from(whole("g")?.unwrap_or(0)).ok()?;
        let bucket = whole("b")?.map(usize::try_from).transpose().ok()?;
        let count = u64::try_from(whole("n")??).ok()?;
        let numbers = u64::try_from(whole("k")?.unwrap_or(0)).ok()?;
        let sum = optional(row, "x", float)?.unwrap_or(0.0);
        let of_users = self.of_users[series];
        self.rows += match of_users {
            true => u64::try_from(whole("r")?.unwrap_or(0)).ok()?,
            false => count,
        };
        if segment >= self.segments {
            return Some(()); // a value that appeared after the segments were chosen
        }
        let cells = &mut self.series[series][segment * (self.buckets + 1)..][..=self.buckets];
        let is_range = bucket.is_none();
        let cell = cells.get_mut(bucket.unwrap_or(self.buckets))?;
        cell.add(count, numbers, sum);
        if !is_range && !of_users {
            // Everything but distinct users adds up to the range.
            cells[self.buckets].add(count, numbers, sum);
        }
        Some(())
    }

    /// Events that were counted.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn finish(
        self,
        report: &Insights,
        plan: &Plan,
        shown: Option<ShownSegments>,
    ) -> InsightsResult {
        let names = names(shown);
        let mut series = Vec::new();
        for (asked, cells) in report.series.iter().zip(self.series) {
            for (segment, cells) in names.iter().zip(cells.chunks_exact(self.buckets + 1)) {
                let mut values = cells.iter().map(|cell| cell.value(&asked.measure));
                series.push(SeriesResult {
                    id: asked.id.clone(),
                    segment: segment.clone(),
                    points: values.by_ref().take(self.buckets).collect(),
                    total: values.next().flatten(),
                });
            }
        }
        InsightsResult {
            buckets: plan.names.clone(),
            partial: plan.partial.clone(),
            series,
        }
    }
}

impl Cell {
    fn add(&mut self, count: u64, numbers: u64, sum: f64) {
        self.count += count;
        self.numbers += numbers;
        self.sum.add(sum);
    }

    #[expect(clippy::cast_precision_loss, reason = "no store holds 2^53 events")]
    fn value(&self, measure: &Measure) -> Option<f64> {
        match measure {
            Measure::Total | Measure::Unique => Some(self.count as f64),
            Measure::Sum(_) => self.sum.value(),
            Measure::Avg(_) => self.sum.mean(self.numbers),
        }
    }
}

/// A candidate with its range total; `None` when it is not one.
pub(super) fn candidate(measure: &Measure, row: &RawDocument) -> Option<(Segment, Option<f64>)> {
    let whole = |field| u64::try_from(optional(row, field, integer)?.unwrap_or(0)).ok();
    let segment = match row.get("_id").ok()?? {
        RawBsonRef::String(text) => Segment::Value(Scalar::Text(text.to_owned())),
        RawBsonRef::Boolean(flag) => Segment::Value(Scalar::Boolean(flag)),
        RawBsonRef::Null => Segment::NotSet,
        value => Segment::Value(Scalar::Number(positive_zero(float(value)?))),
    };
    let mut cell = Cell::default();
    let sum = optional(row, "x", float)?.unwrap_or(0.0);
    cell.add(whole("n")?, whole("k")?, sum);
    Some((segment, cell.value(measure)))
}

fn names(shown: Option<ShownSegments>) -> Vec<Vec<SegmentValue>> {
    let Some(shown) = shown else {
        return vec![Vec::new()];
    };
    let rest = shown.rest.then_some(Segment::Other);
    let all = shown.segments.into_iter().chain(rest);
    all.map(|segment| vec![segment.into()]).collect()
}

/// A field that may be null or missing; `None` when it holds anything else than `read` takes.
#[allow(
    clippy::option_option,
    reason = "the outer one says that it can be read"
)]
fn optional<T>(
    row: &RawDocument,
    field: &str,
    read: impl Fn(RawBsonRef<'_>) -> Option<T>,
) -> Option<Option<T>> {
    match row.get(field).ok()? {
        None | Some(RawBsonRef::Null) => Some(None),
        Some(value) => read(value).map(Some),
    }
}

fn integer(value: RawBsonRef<'_>) -> Option<i64> {
    match value {
        RawBsonRef::Int32(whole) => Some(whole.into()),
        RawBsonRef::Int64(whole) => Some(whole),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "stored integers are below 2^53")]
fn float(value: RawBsonRef<'_>) -> Option<f64> {
    match value {
        RawBsonRef::Double(float) => Some(float),
        other => integer(other).map(|whole| whole as f64),
    }
}
