//! Plans: the range and buckets of a report as instants, for both engines.
//!
//! A plan contains no time zone and no calendar unit, only milliseconds that an engine compares
//! times with. Bucket i is `[edges[i], edges[i + 1])`. It counts rows that are in the bucket *and*
//! in `[start, end)`, because the range may cut the first and the last bucket.

use empmix_model::EpochMs;

use crate::{
    InvalidQuery,
    calendar::{Calendar, OutsideCalendar},
    report::{Granularity, Insights, MAX_BUCKETS, MAX_POINTS, Range},
};

/// The instants of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The time used as now.
    pub now: EpochMs,
    /// The first instant of the range.
    pub start: EpochMs,
    /// The first instant after the range. Equal to `start` if the zone skips all days of the range.
    pub end: EpochMs,
    /// The starts of the buckets and the end of the last one, strictly ascending; a single instant
    /// if there are no buckets.
    pub edges: Vec<EpochMs>,
    /// The name of each bucket: its start in RFC 3339, with the zone's offset at that instant.
    pub names: Vec<String>,
    /// Per bucket: whether the range cuts it or it has not ended.
    pub partial: Vec<bool>,
}

impl Plan {
    /// The number of buckets.
    pub fn buckets(&self) -> usize {
        self.names.len()
    }

    /// Fails if an answer with this number of series, and of segments per series, would have more
    /// than [`MAX_POINTS`] points.
    pub fn check_points(&self, series: usize, segments: usize) -> Result<(), InvalidQuery> {
        let points = series
            .saturating_mul(segments)
            .saturating_mul(self.buckets());
        if points > MAX_POINTS {
            let message = format!(
                "{series} series in {segments} segments over {} buckets are {points} points; the maximum is {MAX_POINTS}. Choose a lower limit, a shorter range or a larger granularity.",
                self.buckets()
            );
            return Err(InvalidQuery::new("limit", message));
        }
        Ok(())
    }

    /// Whether a time is in the range.
    pub fn includes(&self, time: EpochMs) -> bool {
        self.start <= time && time < self.end
    }

    /// The bucket of a time; `None` outside the range.
    pub fn bucket_of(&self, time: EpochMs) -> Option<usize> {
        if !self.includes(time) {
            return None;
        }
        self.edges
            .partition_point(|edge| *edge <= time)
            .checked_sub(1)
    }
}

/// The plan of a report. `clock` is the current time; the report's own `now` takes precedence.
///
/// Fails if the range is outside the supported years or touches more than [`MAX_BUCKETS`] buckets.
pub fn plan(report: &Insights, calendar: &Calendar, clock: EpochMs) -> Result<Plan, InvalidQuery> {
    let now = report.now.unwrap_or(clock);
    let outside =
        |error: OutsideCalendar| InvalidQuery::new("range", format!("The range {error}."));
    let (start, end) = instants(&report.range, calendar, now).map_err(outside)?;
    let edges = edges(report.granularity, calendar, start, end)
        .map_err(outside)?
        .ok_or_else(too_many)?;
    let buckets = edges.len() - 1;
    let names = edges[..buckets]
        .iter()
        .map(|edge| calendar.name(*edge))
        .collect::<Result<_, _>>()
        .map_err(outside)?;
    let partial = edges
        .windows(2)
        .map(|bucket| bucket[0] < start || bucket[1] > end || bucket[1] > now)
        .collect();
    Ok(Plan {
        now,
        start,
        end,
        edges,
        names,
        partial,
    })
}

fn too_many() -> InvalidQuery {
    InvalidQuery::new(
        "granularity",
        format!(
            "The range has more than {MAX_BUCKETS} buckets of this width. Choose a larger granularity or a shorter range."
        ),
    )
}

/// The range as `[start, end)`.
fn instants(
    range: &Range,
    calendar: &Calendar,
    now: EpochMs,
) -> Result<(EpochMs, EpochMs), OutsideCalendar> {
    match range {
        Range::Dates { from, to } => Ok((
            calendar.day_start(*from)?,
            calendar.day_start(to.tomorrow()?)?,
        )),
        Range::Last { last, unit } => {
            let before = last.saturating_sub(1);
            if let Some(unit_ms) = clock_unit_ms(*unit) {
                let current = calendar.clock_start(now, unit_ms)?;
                Ok((
                    calendar.clock_back(current, unit_ms, before)?,
                    calendar.next_clock_start(current, unit_ms)?,
                ))
            } else {
                let current = calendar.unit_start(calendar.day_of(now)?, *unit)?;
                let first = calendar.shift(current, *unit, -i64::from(before))?;
                let next = calendar.shift(current, *unit, 1)?;
                Ok((calendar.day_start(first)?, calendar.day_start(next)?))
            }
        }
    }
}

/// The edges of the buckets that `[start, end)` touches; `None` if there are too many.
fn edges(
    granularity: Granularity,
    calendar: &Calendar,
    start: EpochMs,
    end: EpochMs,
) -> Result<Option<Vec<EpochMs>>, OutsideCalendar> {
    if start >= end {
        return Ok(Some(vec![start]));
    }
    let mut edges: Vec<EpochMs> = Vec::new();
    let mut starts = Starts::new(granularity, calendar, start)?;
    loop {
        let edge = starts.current;
        // A unit whose days are all skipped is empty and gets no bucket.
        if edges.last() != Some(&edge) {
            edges.push(edge);
        }
        if edge >= end {
            return Ok(Some(edges));
        }
        if edges.len() > MAX_BUCKETS {
            return Ok(None);
        }
        starts.advance()?;
    }
}

/// A cursor over the starts of units.
struct Starts<'a> {
    calendar: &'a Calendar,
    granularity: Granularity,
    current: EpochMs,
    day: jiff::civil::Date,
}

impl<'a> Starts<'a> {
    /// Begins at the unit that contains `instant`.
    fn new(
        granularity: Granularity,
        calendar: &'a Calendar,
        instant: EpochMs,
    ) -> Result<Self, OutsideCalendar> {
        let day = calendar.unit_start(calendar.day_of(instant)?, granularity)?;
        let current = match clock_unit_ms(granularity) {
            Some(unit_ms) => calendar.clock_start(instant, unit_ms)?,
            None => calendar.day_start(day)?,
        };
        Ok(Self {
            calendar,
            granularity,
            current,
            day,
        })
    }

    fn advance(&mut self) -> Result<(), OutsideCalendar> {
        if let Some(unit_ms) = clock_unit_ms(self.granularity) {
            self.current = self.calendar.next_clock_start(self.current, unit_ms)?;
        } else {
            self.day = self.calendar.shift(self.day, self.granularity, 1)?;
            self.current = self.calendar.day_start(self.day)?;
        }
        Ok(())
    }
}

/// The length of an hour or a minute; `None` for longer units.
fn clock_unit_ms(unit: Granularity) -> Option<i64> {
    match unit {
        Granularity::Minute => Some(60_000),
        Granularity::Hour => Some(3_600_000),
        _ => None,
    }
}
