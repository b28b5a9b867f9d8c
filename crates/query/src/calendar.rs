//! A project's calendar: the instants at which its days, weeks and hours begin.
//!
//! Only this module does time zone arithmetic. It uses the database bundled into jiff, because the
//! databases of operating systems and database servers may differ.
//!
//! * A local day begins at its first instant, for example at 01:00 if clocks skip midnight. A day
//!   that the zone skips has no start. Weeks, months, quarters and years begin with a day.
//! * An hour (or minute) begins when the local clock shows a whole one, and when the zone's offset
//!   changes. Therefore a repeated hour is two buckets, a skipped hour has no bucket, and a change by
//!   half an hour produces shorter buckets.

use empmix_model::{EpochMs, project::WeekStart};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase},
};

use crate::report::Granularity;

/// The bundled database has no time zone of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a time zone")]
pub struct UnknownZone(pub String);

/// An instant or a date is outside the years −9999 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is outside the supported years, −9999 to 9999")]
pub struct OutsideCalendar;

impl From<jiff::Error> for OutsideCalendar {
    fn from(_: jiff::Error) -> Self {
        Self
    }
}

/// A time zone and the first day of the week.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    week_start: WeekStart,
}

impl Calendar {
    /// The calendar of the zone with this IANA name.
    pub fn new(zone: &str, week_start: WeekStart) -> Result<Self, UnknownZone> {
        TimeZoneDatabase::bundled()
            .get(zone)
            .map(|zone| Self { zone, week_start })
            .map_err(|_| UnknownZone(zone.to_owned()))
    }

    /// The calendar of UTC; weeks begin on Monday.
    pub fn utc() -> Self {
        Self {
            zone: TimeZone::UTC,
            week_start: WeekStart::Monday,
        }
    }

    /// An instant in RFC 3339, in whole seconds, with the zone's offset at that instant.
    pub fn name(&self, instant: EpochMs) -> Result<String, OutsideCalendar> {
        let local = timestamp(instant)?.to_zoned_datetime(self.zone.clone());
        Ok(local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    }

    /// The first instant of a local day; of the following day if the zone skips this one.
    pub fn day_start(&self, date: Date) -> Result<EpochMs, OutsideCalendar> {
        let midnight = date.at(0, 0, 0, 0);
        let ambiguous = self.zone.to_ambiguous_timestamp(midnight);
        let start = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(midnight)?,
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(midnight)?,
            AmbiguousOffset::Gap { before, after } => {
                let earlier = after.to_timestamp(midnight)?;
                let change = self.zone.following(earlier).next();
                match change {
                    Some(change) => change.timestamp(),
                    None => before.to_timestamp(midnight)?,
                }
            }
        };
        Ok(start.as_millisecond())
    }

    /// The local day that contains an instant.
    pub fn day_of(&self, instant: EpochMs) -> Result<Date, OutsideCalendar> {
        let mut date = self.zone.to_datetime(timestamp(instant)?).date();
        // When clocks go back over midnight, the end of the old day repeats within the new one.
        loop {
            let next = date.tomorrow()?;
            if self.day_start(next)? > instant {
                return Ok(date);
            }
            date = next;
        }
    }

    /// The first day of the unit (a day or longer) that contains a day.
    pub fn unit_start(&self, date: Date, unit: Granularity) -> Result<Date, OutsideCalendar> {
        Ok(match unit {
            Granularity::Minute | Granularity::Hour | Granularity::Day => date,
            Granularity::Week => {
                let days = date.weekday().since(weekday(self.week_start));
                date.checked_sub(days.days())?
            }
            Granularity::Month => date.first_of_month(),
            Granularity::Quarter => Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1)?,
            Granularity::Year => date.first_of_year(),
        })
    }

    /// The first day of the unit that is `count` units (of a day or longer) after the one that
    /// begins at `start`.
    pub fn shift(
        &self,
        start: Date,
        unit: Granularity,
        count: i64,
    ) -> Result<Date, OutsideCalendar> {
        let span = jiff::Span::new();
        let span = match unit {
            Granularity::Minute | Granularity::Hour | Granularity::Day => span.try_days(count)?,
            Granularity::Week => span.try_weeks(count)?,
            Granularity::Month => span.try_months(count)?,
            Granularity::Quarter => span.try_months(count.saturating_mul(3))?,
            Granularity::Year => span.try_years(count)?,
        };
        Ok(start.checked_add(span)?)
    }

    /// The start of the hour or minute (`unit_ms` long) that contains an instant.
    pub fn clock_start(&self, instant: EpochMs, unit_ms: i64) -> Result<EpochMs, OutsideCalendar> {
        let whole = self.whole_before(instant, unit_ms)?;
        let change = self.change_before(instant)?;
        Ok(change.map_or(whole, |change| whole.max(change)))
    }

    /// The start of the first hour or minute after an instant.
    pub fn next_clock_start(
        &self,
        instant: EpochMs,
        unit_ms: i64,
    ) -> Result<EpochMs, OutsideCalendar> {
        let whole = self.whole_before(instant, unit_ms)? + unit_ms;
        let change = self.change_after(instant, whole)?;
        Ok(change.map_or(whole, |change| whole.min(change)))
    }

    /// The start of the hour or minute that is `count` units before the one that begins at `start`.
    pub fn clock_back(
        &self,
        start: EpochMs,
        unit_ms: i64,
        count: u32,
    ) -> Result<EpochMs, OutsideCalendar> {
        let mut start = start;
        let mut left = i64::from(count);
        while left > 0 {
            // Back to the last change of the offset, the distance between starts is constant.
            let change = self.change_before(start)?;
            let steps = change
                .map_or(left, |change| (start - change) / unit_ms)
                .min(left);
            if steps > 0 {
                start -= steps * unit_ms;
                left -= steps;
            } else {
                start = self.clock_start(start - 1, unit_ms)?;
                left -= 1;
            }
        }
        Ok(start)
    }

    /// The last instant at or before this one at which the local clock shows a whole unit, computed
    /// with the offset at this instant.
    fn whole_before(&self, instant: EpochMs, unit_ms: i64) -> Result<EpochMs, OutsideCalendar> {
        let offset = self.offset_ms(instant)?;
        Ok((instant + offset).div_euclid(unit_ms) * unit_ms - offset)
    }

    /// The last instant at or before this one at which the offset changed.
    fn change_before(&self, instant: EpochMs) -> Result<Option<EpochMs>, OutsideCalendar> {
        let mut later = self.zone.to_offset(timestamp(instant)?);
        let mut changed_at = None;
        for transition in self.zone.preceding(timestamp(instant + 1)?) {
            let at = transition.timestamp();
            let earlier = self.offset_before(at)?;
            if earlier != later {
                changed_at = Some(at.as_millisecond());
                break;
            }
            later = earlier;
        }
        Ok(changed_at)
    }

    /// The first instant after `instant`, up to and including `until`, at which the offset changes.
    fn change_after(
        &self,
        instant: EpochMs,
        until: EpochMs,
    ) -> Result<Option<EpochMs>, OutsideCalendar> {
        for transition in self.zone.following(timestamp(instant)?) {
            let at = transition.timestamp();
            if at.as_millisecond() > until {
                break;
            }
            if self.offset_before(at)? != transition.offset() {
                return Ok(Some(at.as_millisecond()));
            }
        }
        Ok(None)
    }

    fn offset_before(&self, instant: Timestamp) -> Result<Offset, OutsideCalendar> {
        let before = timestamp(instant.as_millisecond() - 1)?;
        Ok(self.zone.to_offset(before))
    }

    fn offset_ms(&self, instant: EpochMs) -> Result<i64, OutsideCalendar> {
        let offset = self.zone.to_offset(timestamp(instant)?);
        Ok(i64::from(offset.seconds()) * 1000)
    }
}

fn timestamp(instant: EpochMs) -> Result<Timestamp, OutsideCalendar> {
    Ok(Timestamp::from_millisecond(instant)?)
}

/// The first day of a project's week.
pub fn weekday(start: WeekStart) -> Weekday {
    match start {
        WeekStart::Monday => Weekday::Monday,
        WeekStart::Tuesday => Weekday::Tuesday,
        WeekStart::Wednesday => Weekday::Wednesday,
        WeekStart::Thursday => Weekday::Thursday,
        WeekStart::Friday => Weekday::Friday,
        WeekStart::Saturday => Weekday::Saturday,
        WeekStart::Sunday => Weekday::Sunday,
    }
}
