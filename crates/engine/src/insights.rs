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
    select::{EventSet, Selection, event_set, select},
    snapshot::{Part, Snapshot},
};

/// Rows that are looked at together.
const BLOCK: usize = 4096;

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
    plan.check_points(report.series.len(), names.len())?;
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
        let mut seen = vec![false; segments.len()];
        let first = &self.report.series[0];
        let mut totals = State::new(&first.measure, segments.len(), self.users());
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

    /// The second scan, or the only one: the cells of each series.
    fn measure(&self, segments: usize) -> Result<Vec<Cells>, EngineError> {
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
                let mut places = Vec::new();
                each_block(selection, part.part.rows(), |block| {
                    places.clear();
                    let found = block
                        .iter()
                        .map(|row| (*row, finder.find(times[*row as usize])));
                    match part.segments.only() {
                        Some(segment) => places.extend(found.map(|(row, bucket)| Place {
                            row,
                            segment,
                            bucket,
                        })),
                        None => places.extend(found.flat_map(|(row, bucket)| {
                            let place = move |segment: &u32| Place {
                                row,
                                segment: *segment,
                                bucket,
                            };
                            part.segments.of_row(row).iter().map(place)
                        })),
                    }
                    state.add(&rows, &places, buckets);
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

/// Calls `visit` with the selected rows of a part, as many at a time as stay in the cache.
fn each_block(selection: &Selection<'_>, rows: usize, mut visit: impl FnMut(&[u32])) {
    let mut block = [0; BLOCK];
    for start in (0..rows).step_by(BLOCK) {
        let count = selection.fill(start..rows.min(start + BLOCK), &mut block);
        visit(&block[..count]);
    }
}

/// Where a row counts.
#[derive(Clone, Copy)]
struct Place {
    row: u32,
    segment: u32,
    bucket: u32,
}

/// The points and totals of a series while they are counted.
struct SeriesState {
    points: State,
    /// Only where the points do not add up to them.
    totals: Option<State>,
}

impl SeriesState {
    fn new(series: &Series, segments: usize, buckets: usize, users: usize) -> Self {
        let measure = &series.measure;
        let adds_up = *measure != Measure::Unique && buckets > 0;
        Self {
            points: State::new(measure, segments * buckets, users),
            totals: (!adds_up).then(|| State::new(measure, segments, users)),
        }
    }

    fn add(&mut self, rows: &Rows<'_>, places: &[Place], buckets: usize) {
        let cell = |place: &Place| place.segment as usize * buckets + place.bucket as usize;
        let cells = places.iter().map(|place| (place.row, cell(place)));
        rows.measure(cells, &mut self.points);
        if let Some(totals) = &mut self.totals {
            let segments = places
                .iter()
                .map(|place| (place.row, place.segment as usize));
            rows.measure(segments, totals);
        }
    }

    fn finish(self, buckets: usize) -> Cells {
        let totals = self.totals.or_else(|| self.points.rolled_up(buckets));
        Cells {
            points: self.points.finish(),
            totals: totals.map_or_else(Vec::new, State::finish),
        }
    }
}

/// The values of a series: per segment and bucket, and per segment.
struct Cells {
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

/// What a measure reads of a part's rows.
struct Rows<'a> {
    ids: Arc<[u32]>,
    user_of: &'a [u32],
    numbers: Option<Arc<[f64]>>,
}

impl Rows<'_> {
    /// Takes rows with their cells into the state of a measure.
    fn measure(&self, cells: impl Iterator<Item = (u32, usize)>, state: &mut State) {
        let user = |row: u32| self.user_of[self.ids[row as usize] as usize];
        let number = |row: u32| {
            let numbers = self.numbers.as_ref();
            numbers.map_or(f64::NAN, |numbers| numbers[row as usize])
        };
        state.add(cells, user, number);
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
    all: Vec<Cells>,
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
