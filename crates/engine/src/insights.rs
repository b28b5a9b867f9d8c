//! The kernel for insights.
//!
//! It scans the parts that overlap the range once, or twice if there is a breakdown: the first scan
//! finds the candidates and their totals in the first series, the second measures the segments that
//! are shown. A cell of the state is a segment and a bucket, or a segment and the whole range.

use std::sync::Arc;

use empmix_query::{
    Plan,
    answer::{InsightsResult, SegmentValue, SeriesResult},
    report::{Insights, Measure, PropertyRef, Series},
    segment::{Segment, ShownSegments, rank},
};

use crate::{
    breakdown::{PartSegments, Segments, positions},
    error::{Cancel, EngineError},
    measure::MeasureState,
    pages::Pages,
    resolve::numbers,
    select::{EventSet, Selection, event_set, select},
    snapshot::{Part, Snapshot},
};

/// The number of rows processed together.
const BLOCK: usize = 4096;

/// The inputs of a scan.
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
        Some(_) => Some(scan.select_segments(segments)?),
        None => None,
    };
    let names = segment_names(shown);
    plan.check_points(report.series.len(), names.len())?;
    let states = scan.measure(names.len())?;
    Ok(InsightsResult {
        buckets: plan.names.clone(),
        partial: plan.partial.clone(),
        series: series_results(report, plan, &names, states),
    })
}

impl Scan<'_> {
    /// The first scan: selects the segments to show. Afterwards the segments of the parts are
    /// positions in the answer.
    fn select_segments(&mut self, segments: Segments) -> Result<ShownSegments, EngineError> {
        let mut seen = vec![false; segments.len()];
        let first = &self.report.series[0];
        let mut totals = MeasureState::new(&first.measure, segments.len(), self.users());
        for part in &self.parts {
            self.cancel.check()?;
            let rows = self.rows_of(part, first)?;
            for (at, selection) in self.selected(part)?.iter().enumerate() {
                each_block(selection, part.part.rows(), |block| {
                    let cells = block
                        .iter()
                        .flat_map(|row| part.segments.of_row(*row).iter().map(|at| (*row, *at)));
                    let cells = cells.map(|(row, segment)| (row, segment as usize));
                    cells.clone().for_each(|(_, segment)| seen[segment] = true);
                    if at == 0 {
                        rows.measure(cells, &mut totals);
                    }
                });
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

    /// The second (or only) scan: computes the values of each series.
    fn measure(&self, segments: usize) -> Result<Vec<SeriesValues>, EngineError> {
        let buckets = self.plan.buckets();
        let finder = BucketFinder::new(self.plan);
        let mut states: Vec<SeriesState> = self
            .report
            .series
            .iter()
            .map(|series| SeriesState::new(series, segments, buckets, self.users()))
            .collect();
        for part in &self.parts {
            self.cancel.check()?;
            let times = part.part.times()?;
            let selected = self.selected(part)?;
            for ((state, series), selection) in
                states.iter_mut().zip(&self.report.series).zip(&selected)
            {
                let rows = self.rows_of(part, series)?;
                let mut row_cells = Vec::new();
                each_block(selection, part.part.rows(), |block| {
                    row_cells.clear();
                    let found = block
                        .iter()
                        .map(|row| (*row, finder.find(times[*row as usize])));
                    match part.segments.only() {
                        Some(segment) => row_cells.extend(found.map(|(row, bucket)| RowCell {
                            row,
                            segment,
                            bucket,
                        })),
                        None => row_cells.extend(found.flat_map(|(row, bucket)| {
                            let row_cell = move |segment: &u32| RowCell {
                                row,
                                segment: *segment,
                                bucket,
                            };
                            part.segments.of_row(row).iter().map(row_cell)
                        })),
                    }
                    state.add(&rows, &row_cells, buckets);
                });
            }
        }
        Ok(states
            .into_iter()
            .map(|state| state.finish(buckets))
            .collect())
    }

    fn users(&self) -> usize {
        self.snapshot.ids.texts.len()
    }

    fn selected(&self, part: &ScannedPart) -> Result<Vec<Selection<'_>>, EngineError> {
        select(
            self.snapshot,
            part.part.as_ref(),
            self.report,
            self.plan,
            &self.event_sets,
        )
    }

    fn rows_of(&self, part: &ScannedPart, series: &Series) -> Result<PartRows<'_>, EngineError> {
        let part = part.part.as_ref();
        let numbers = match measured(&series.measure) {
            Some(property) => numbers(self.snapshot, part, property)?,
            None => None,
        };
        Ok(PartRows {
            ids: part.ids()?,
            user_of: &self.snapshot.ids.user_of,
            numbers,
        })
    }
}

/// Calls `visit` with the selected rows of a part, in blocks that fit in the cache.
fn each_block(selection: &Selection<'_>, rows: usize, mut visit: impl FnMut(&[u32])) {
    let mut block = [0; BLOCK];
    for start in (0..rows).step_by(BLOCK) {
        let count = selection.fill(start..rows.min(start + BLOCK), &mut block);
        visit(&block[..count]);
    }
}

/// A row and the segment and bucket that it counts in.
#[derive(Clone, Copy)]
struct RowCell {
    row: u32,
    segment: u32,
    bucket: u32,
}

/// The points and totals of a series during the scan.
struct SeriesState {
    points: MeasureState,
    /// `None` if the totals can be computed from the points.
    totals: Option<MeasureState>,
}

impl SeriesState {
    fn new(series: &Series, segments: usize, buckets: usize, users: usize) -> Self {
        let measure = &series.measure;
        let adds_up = *measure != Measure::Unique && buckets > 0;
        Self {
            points: MeasureState::new(measure, segments * buckets, users),
            totals: (!adds_up).then(|| MeasureState::new(measure, segments, users)),
        }
    }

    fn add(&mut self, rows: &PartRows<'_>, row_cells: &[RowCell], buckets: usize) {
        let cell =
            |row_cell: &RowCell| row_cell.segment as usize * buckets + row_cell.bucket as usize;
        let cells = row_cells
            .iter()
            .map(|row_cell| (row_cell.row, cell(row_cell)));
        rows.measure(cells, &mut self.points);
        if let Some(totals) = &mut self.totals {
            let segments = row_cells
                .iter()
                .map(|row_cell| (row_cell.row, row_cell.segment as usize));
            rows.measure(segments, totals);
        }
    }

    fn finish(self, buckets: usize) -> SeriesValues {
        let totals = self.totals.or_else(|| self.points.rolled_up(buckets));
        SeriesValues {
            points: self.points.finish(),
            totals: totals.map_or_else(Vec::new, MeasureState::finish),
        }
    }
}

/// The values of a series: per segment and bucket, and per segment.
struct SeriesValues {
    points: Vec<Option<f64>>,
    totals: Vec<Option<f64>>,
}

/// The property that a measure reads.
pub(crate) fn measured(measure: &Measure) -> Option<&PropertyRef> {
    match measure {
        Measure::Sum(property) | Measure::Avg(property) => Some(property),
        Measure::Total | Measure::Unique => None,
    }
}

/// The columns of a part that a measure reads.
struct PartRows<'a> {
    ids: Arc<[u32]>,
    user_of: &'a Pages<u32>,
    numbers: Option<Arc<[f64]>>,
}

impl PartRows<'_> {
    /// Adds rows with their cells to the state of a measure.
    fn measure(&self, cells: impl Iterator<Item = (u32, usize)>, state: &mut MeasureState) {
        let user = |row: u32| self.user_of[self.ids[row as usize] as usize];
        let number = |row: u32| {
            let numbers = self.numbers.as_ref();
            numbers.map_or(f64::NAN, |numbers| numbers[row as usize])
        };
        state.add(cells, user, number);
    }
}

/// Finds the bucket of times in the range. It guesses as if all buckets were equally long; apart from
/// clock changes and months, the guess is off by at most one bucket.
struct BucketFinder<'a> {
    edges: &'a [i64],
    per_ms: f64,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the guess is corrected; times in the range are not before the first edge"
)]
impl<'a> BucketFinder<'a> {
    fn new(plan: &'a Plan) -> Self {
        let edges = &plan.edges;
        let length = edges[edges.len() - 1] - edges[0];
        let per_ms = plan.buckets() as f64 / length.max(1) as f64;
        Self { edges, per_ms }
    }

    #[inline]
    fn find(&self, time: i64) -> u32 {
        let guess = ((time - self.edges[0]) as f64 * self.per_ms) as usize;
        let mut bucket = guess.min(self.edges.len() - 2);
        while time < self.edges[bucket] {
            bucket -= 1;
        }
        while time >= self.edges[bucket + 1] {
            bucket += 1;
        }
        crate::column::next_code(bucket)
    }
}

fn segment_names(shown: Option<ShownSegments>) -> Vec<Vec<SegmentValue>> {
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
    all: Vec<SeriesValues>,
) -> Vec<SeriesResult> {
    let buckets = plan.buckets();
    let mut results = Vec::new();
    for (series, cells) in report.series.iter().zip(all) {
        for (at, segment) in names.iter().enumerate() {
            results.push(SeriesResult {
                id: series.id.clone(),
                segment: segment.clone(),
                points: cells.points[at * buckets..(at + 1) * buckets].to_vec(),
                total: cells.totals[at],
            });
        }
    }
    results
}
