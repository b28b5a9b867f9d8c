//! From a report to instants: what both engines compute with.
//!
//! A plan holds no zone and no name of a unit, only milliseconds: an engine compares times with
//! them. Bucket i is `[edges[i], edges[i + 1])`, and counts what lies in it *and* in
//! `[start, end)`: the range may cut the first and the last one.

use empmix_model::EpochMs;

use crate::{
    InvalidQuery,
    calendar::{Calendar, OutsideCalendar},
    report::{Granularity, Insights, MAX_BUCKETS, MAX_POINTS, Range},
};

/// The instants of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The time that is taken as now.
    pub now: EpochMs,
    /// The range's first instant.
    pub start: EpochMs,
    /// The first instant after the range. Equal to `start` where the zone skips the range's days.
    pub end: EpochMs,
    /// Starts of the buckets and the end of the last one, ascending, all different; a single one
    /// when there is no bucket.
    pub edges: Vec<EpochMs>,
    /// The name of each bucket: its start in RFC 3339 with the zone's offset then.
    pub names: Vec<String>,
    /// Per bucket: the range cuts it, or it has not ended.
    pub partial: Vec<bool>,
}

impl Plan {
    /// How many buckets there are.
    pub fn buckets(&self) -> usize {
        self.names.len()
    }

    /// Fails when an answer of so many series, each in so many segments, would have more than
    /// [`MAX_POINTS`] points.
    pub fn check_points(&self, series: usize, segments: usize) -> Result<(), InvalidQuery> {
        let points = series
            .saturating_mul(segments)
            .saturating_mul(self.buckets());
        if points > MAX_POINTS {
            let message = format!(
                "{series} series in {segments} segments over {} buckets are {points} points; at most {MAX_POINTS} are answered.",
                self.buckets()
            );
            return Err(InvalidQuery::new("limit", message));
        }
        Ok(())
    }

    /// Whether the range includes a time.
    pub fn includes(&self, time: EpochMs) -> bool {
        self.start <= time && time < self.end
    }

    /// The bucket that counts a time; `None` outside the range.
    pub fn bucket_of(&self, time: EpochMs) -> Option<usize> {
        if !self.includes(time) {
            return None;
        }
        self.edges
            .partition_point(|edge| *edge <= time)
            .checked_sub(1)
    }
}

/// The plan of a report. `clock` is the time now; the report's own `now` goes first.
///
/// Fails when the range lies outside the calendar or touches more than [`MAX_BUCKETS`] buckets.
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
        format!("The range touches more than {MAX_BUCKETS} buckets of this width."),
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

/// The edges of the buckets that `[start, end)` touches; `None` when there are too many.
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
        // A unit of skipped days has no length: it is no bucket.
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

/// The starts of units, one after the other.
struct Starts<'a> {
    calendar: &'a Calendar,
    granularity: Granularity,
    current: EpochMs,
    day: jiff::civil::Date,
}

impl<'a> Starts<'a> {
    /// From the unit that holds `instant` on.
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

/// The length of a unit that clocks show; `None` for a day and longer.
fn clock_unit_ms(unit: Granularity) -> Option<i64> {
    match unit {
        Granularity::Minute => Some(60_000),
        Granularity::Hour => Some(3_600_000),
        _ => None,
    }
}
