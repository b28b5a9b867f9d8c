//! The insights kernel.
//!
//! One scan of the parts that overlap the range; two when there is a breakdown: the first finds the
//! candidates and their totals of the first series, the second measures what is shown. A cell of
//! the state is a segment and a bucket, or a segment and the whole range.

use std::sync::Arc;

use empmix_query::{
    Plan,
    answer::{InsightsResult, SegmentValue, SeriesResult},
    report::{Insights, Measure, PropertyRef, Series},
    segment::{Segment, Shown, rank},
};

use crate::{
    breakdown::{PartSegments, Segments, positions},
    error::{Cancel, EngineError},
    measure::State,
    resolve::numbers,
    select::{EventSet, event_set, select},
    snapshot::{Part, Snapshot},
};

/// A scan under way.
struct Scan<'a> {
    snapshot: &'a Snapshot,
    report: &'a Insights,
    plan: &'a Plan,
    cancel: &'a Cancel,
    event_sets: Vec<EventSet>,
    parts: Vec<ScannedPart>,
}

/// A part that overlaps the range, with the segments of its rows.
struct ScannedPart {
    part: Arc<dyn Part>,
    segments: PartSegments,
}

/// The parts of a snapshot that overlap the range.
pub(crate) fn overlapping(snapshot: &Snapshot, plan: &Plan) -> Vec<Arc<dyn Part>> {
    let overlaps = |part: &&Arc<dyn Part>| {
        part.rows() > 0 && {
            let (first, last) = part.time_range();
            first < plan.end && last >= plan.start
        }
    };
    snapshot.parts.iter().filter(overlaps).cloned().collect()
}

/// Answers a report over a snapshot.
pub(crate) fn insights(
    snapshot: &Snapshot,
    report: &Insights,
    plan: &Plan,
    cancel: &Cancel,
) -> Result<InsightsResult, EngineError> {
    let mut segments = Segments::default();
    let mut parts = Vec::new();
    for part in overlapping(snapshot, plan) {
        cancel.check()?;
        let segments = match report.breakdown.first() {
            Some(breakdown) => segments.of_part(snapshot, part.as_ref(), breakdown)?,
            None => PartSegments::single(),
        };
        parts.push(ScannedPart { part, segments });
    }
    let events = report
        .series
        .iter()
        .map(|series| event_set(snapshot, &series.event));
    let mut scan = Scan {
        snapshot,
        report,
        plan,
        cancel,
        event_sets: events.collect(),
        parts,
    };
    let shown = match report.breakdown.first() {
        Some(_) => Some(scan.choose(segments)?),
        None => None,
    };
    let names = segment_names(shown);
    let states = scan.measure(names.len())?;
    Ok(InsightsResult {
        buckets: plan.names.clone(),
        partial: plan.partial.clone(),
        series: series_results(report, plan, &names, states),
    })
}

impl Scan<'_> {
    /// The first scan: which segments are shown. Afterwards the parts' segments are positions.
    fn choose(&mut self, segments: Segments) -> Result<Shown, EngineError> {
        let count = segments.len();
        let mut seen = vec![false; count];
        let users = self.snapshot.ids.texts.len();
        let mut totals = State::new(&self.report.series[0].measure, count, users);
        for part in &self.parts {
            self.cancel.check()?;
            let selected = self.selected(part)?;
            for row in selected.iter().flatten() {
                for segment in part.segments.of_row(*row) {
                    seen[*segment as usize] = true;
                }
            }
            let rows = self.rows_of(part, &self.report.series[0])?;
            for row in &selected[0] {
                let (user, number) = rows.of(*row);
                for segment in part.segments.of_row(*row) {
                    totals.add(*segment as usize, user, number);
                }
            }
        }
        let list = segments.into_list();
        let candidates = list.iter().cloned().zip(totals.finish()).zip(seen);
        let candidates = candidates.filter(|(_, seen)| *seen).map(|(one, _)| one);
        let shown = rank(candidates.collect(), self.report.limit);
        let positions = positions(&list, &shown);
        for part in &mut self.parts {
            part.segments.renumber(&positions);
        }
        Ok(shown)
    }

    /// The second scan, or the only one: the cells of each series.
    fn measure(&self, segments: usize) -> Result<Vec<Vec<Option<f64>>>, EngineError> {
        let stride = self.plan.buckets() + 1;
        let users = self.snapshot.ids.texts.len();
        let state = |series: &Series| State::new(&series.measure, segments * stride, users);
        let mut states: Vec<State> = self.report.series.iter().map(state).collect();
        for part in &self.parts {
            self.cancel.check()?;
            let selected = self.selected(part)?;
            let times = part.part.times()?;
            let buckets = BucketFinder::new(self.plan);
            for ((state, series), selected) in
                states.iter_mut().zip(&self.report.series).zip(selected)
            {
                let rows = self.rows_of(part, series)?;
                for row in selected {
                    let (user, number) = rows.of(row);
                    let bucket = buckets.find(times[row as usize]);
                    for segment in part.segments.of_row(row) {
                        let cells = *segment as usize * stride;
                        state.add(cells + bucket, user, number);
                        state.add(cells + stride - 1, user, number);
                    }
                }
            }
        }
        Ok(states.into_iter().map(State::finish).collect())
    }

    fn selected(&self, part: &ScannedPart) -> Result<Vec<Vec<u32>>, EngineError> {
        select(
            self.snapshot,
            part.part.as_ref(),
            self.report,
            self.plan,
            &self.event_sets,
        )
    }

    fn rows_of(&self, part: &ScannedPart, series: &Series) -> Result<Rows<'_>, EngineError> {
        let part = part.part.as_ref();
        let numbers = match measured(&series.measure) {
            Some(property) => numbers(self.snapshot, part, property)?,
            None => None,
        };
        Ok(Rows {
            ids: part.ids()?,
            user_of: &self.snapshot.ids.user_of,
            numbers,
        })
    }
}

/// The property that a measure reads.
pub(crate) fn measured(measure: &Measure) -> Option<&PropertyRef> {
    match measure {
        Measure::Sum(property) | Measure::Avg(property) => Some(property),
        Measure::Total | Measure::Unique => None,
    }
}

/// What a measure reads of a part's rows.
struct Rows<'a> {
    ids: Arc<[u32]>,
    user_of: &'a [u32],
    numbers: Option<Arc<[f64]>>,
}

impl Rows<'_> {
    /// The user, and the measured number or NaN.
    #[inline]
    fn of(&self, row: u32) -> (u32, f64) {
        let user = self.user_of[self.ids[row as usize] as usize];
        let number = self.numbers.as_ref().map(|numbers| numbers[row as usize]);
        (user, number.unwrap_or(f64::NAN))
    }
}

/// Finds the bucket of times inside the range: a guess as if all buckets were equally long, which
/// is right or next to it but for clock changes and months.
struct BucketFinder<'a> {
    edges: &'a [i64],
    per_ms: f64,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a guess, corrected afterwards; times inside the range are not before the first edge"
)]
impl<'a> BucketFinder<'a> {
    fn new(plan: &'a Plan) -> Self {
        let edges = &plan.edges;
        let length = edges[edges.len() - 1] - edges[0];
        let per_ms = plan.buckets() as f64 / length.max(1) as f64;
        Self { edges, per_ms }
    }

    #[inline]
    fn find(&self, time: i64) -> usize {
        let guess = ((time - self.edges[0]) as f64 * self.per_ms) as usize;
        let mut bucket = guess.min(self.edges.len() - 2);
        while time < self.edges[bucket] {
            bucket -= 1;
        }
        while time >= self.edges[bucket + 1] {
            bucket += 1;
        }
        bucket
    }
}

fn segment_names(shown: Option<Shown>) -> Vec<Vec<SegmentValue>> {
    let Some(shown) = shown else {
        return vec![Vec::new()];
    };
    let rest = shown.rest.then_some(Segment::Other);
    let segments = shown.segments.into_iter().chain(rest);
    segments.map(|segment| vec![segment.into()]).collect()
}

fn series_results(
    report: &Insights,
    plan: &Plan,
    names: &[Vec<SegmentValue>],
    states: Vec<Vec<Option<f64>>>,
) -> Vec<SeriesResult> {
    let stride = plan.buckets() + 1;
    let mut results = Vec::new();
    for (series, cells) in report.series.iter().zip(states) {
        for (segment, cells) in names.iter().zip(cells.chunks_exact(stride)) {
            results.push(SeriesResult {
                id: series.id.clone(),
                segment: segment.clone(),
                points: cells[..stride - 1].to_vec(),
                total: cells[stride - 1],
            });
        }
    }
    results
}
