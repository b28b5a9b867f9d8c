//! The ticks of an axis.

use std::ops::Range;

use empmix_query::report::Granularity;

use crate::report::{
    bucket::{begins_day, bucket_axis_label, wall_clock},
    ticks as number_ticks,
};

/// The axis of values. It begins at zero unless a value is negative.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    /// The lower end.
    pub min: f64,
    /// The upper end, which is a tick.
    pub max: f64,
    /// Ticks from `min` to `max` with their labels.
    pub ticks: Vec<(f64, String)>,
}

/// An axis that covers every value, with four or five steps of 1, 2, 2.5 or 5 times a power of
/// ten. With `whole`, steps are whole numbers, as for counts of users.
pub(crate) fn value_axis(values: impl Iterator<Item = f64>, whole: bool) -> Axis {
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    for value in values.filter(|value| value.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    if low == high {
        high = 1.0;
    }
    let step = nice_step((high - low) / 4.0, whole);
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    let mut values = Vec::new();
    let mut at = first;
    while at <= last && values.len() < 12 {
        values.push(at * step);
        at += 1.0;
    }
    let labels = number_ticks(&values, step);
    Axis {
        min: first * step,
        max: last * step,
        ticks: values.into_iter().zip(labels).collect(),
    }
}

fn nice_step(rough: f64, whole: bool) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let share = rough / power;
    // A tick at 2.5 makes no sense for a count.
    let fits = |nice: &f64| !whole || (nice * power).fract() == 0.0;
    let nice = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .filter(fits)
        .find(|nice| *nice >= share - 1e-9)
        .unwrap_or(10.0);
    let step = nice * power;
    if whole { step.ceil().max(1.0) } else { step }
}

/// The buckets that get a label under the axis, far enough apart that labels do not overlap.
pub(crate) fn time_ticks(
    starts: &[String],
    shown: Range<usize>,
    width: Granularity,
    points_per_bucket: f32,
) -> Vec<(usize, String)> {
    let room = match width {
        Granularity::Year => 56.0,
        Granularity::Hour | Granularity::Minute => 72.0,
        _ => 104.0,
    };
    let wanted = (room / points_per_bucket.max(0.01)).ceil() as usize;
    let wanted = wanted.max(1);
    let step = nice_count(wanted, width);
    let shown = shown.start..shown.end.min(starts.len());
    let labelled: Vec<usize> = match width {
        Granularity::Minute => by_the_clock(starts, shown, step, wanted),
        Granularity::Hour => by_the_clock(starts, shown, step * 60, wanted),
        // The card's edge would cut the label of the first of many.
        _ => (shown.start + usize::from(shown.len() > 20)..shown.end)
            .step_by(step)
            .collect(),
    };
    let previous = std::iter::once(None).chain(labelled.iter().copied().map(Some));
    let label = |(at, previous)| (at, bucket_axis_label(starts, at, previous, width));
    labelled.iter().copied().zip(previous).map(label).collect()
}

/// Buckets within days that get a label: those that begin at whole multiples of a step of minutes on the
/// clock, and the first of each day; of steps of days, the first of every so many days. At least `wanted`
/// buckets lie between two. Where the clock is put back, times that come again have no label, unless
/// every bucket has one.
fn by_the_clock(
    starts: &[String],
    shown: Range<usize>,
    step_minutes: usize,
    wanted: usize,
) -> Vec<usize> {
    const DAY: usize = 24 * 60;
    let mut labelled: Vec<usize> = Vec::new();
    let (mut latest, mut days) = (None, 0);
    for index in shown {
        let Some(time) = wall_clock(&starts[index]) else {
            continue;
        };
        let is_again = latest.is_some_and(|latest| time <= latest);
        latest = latest.max(Some(time));
        let begins_day = begins_day(starts, index);
        days += usize::from(begins_day);
        let minute = usize::try_from(time.hour()).unwrap_or(0) * 60
            + usize::try_from(time.minute()).unwrap_or(0);
        let is_step = match step_minutes {
            _ if is_again && wanted > 1 => false,
            step if step < DAY => minute.is_multiple_of(step) || begins_day,
            step => begins_day && (days - 1).is_multiple_of(step / DAY),
        };
        let has_room = labelled.last().is_none_or(|last| index - last >= wanted);
        if is_step && has_room {
            labelled.push(index);
        }
    }
    labelled
}

/// The smallest round number of buckets that is at least `wanted`.
fn nice_count(wanted: usize, width: Granularity) -> usize {
    let steps: &[usize] = match width {
        Granularity::Minute => &[1, 5, 10, 15, 30, 60, 120, 240, 720, 1440],
        Granularity::Hour => &[1, 2, 3, 6, 12, 24, 48, 96, 168],
        Granularity::Day => &[1, 2, 7, 14, 28, 56, 91, 182, 364],
        Granularity::Month => &[1, 2, 3, 6, 12, 24, 60, 120],
        Granularity::Quarter => &[1, 2, 4, 8, 20, 40],
        Granularity::Week | Granularity::Year => &[],
    };
    steps
        .iter()
        .copied()
        .find(|step| *step >= wanted)
        .unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn values_begin_at_zero_and_end_above_the_highest() {
        let axis = value_axis([3.0, 31.0].into_iter(), true);
        assert_eq!(labels(&axis), ["0", "10", "20", "30", "40"]);
        let axis = value_axis([12_000.0].into_iter(), true);
        assert_eq!((axis.min, axis.max), (0.0, 15_000.0));
        assert_eq!(labels(&axis), ["0", "5k", "10k", "15k"]);
    }

    #[test]
    fn an_axis_covers_no_values_negative_values_and_fractions() {
        assert_eq!(labels(&value_axis(std::iter::empty(), true)), ["0", "1"]);
        assert_eq!(
            labels(&value_axis([-5.0, 5.0].into_iter(), false)),
            ["−5", "−2.5", "0", "2.5", "5"]
        );
        assert_eq!(
            labels(&value_axis([2.0].into_iter(), true)),
            ["0", "1", "2"]
        );
        assert_eq!(
            labels(&value_axis([0.3].into_iter(), false)),
            ["0", "0.1", "0.2", "0.3"]
        );
    }

    #[test]
    fn ticks_have_as_many_digits_as_their_step_needs() {
        let axis = value_axis([0.0001, 0.0006].into_iter(), false);
        assert_eq!(labels(&axis), ["0", "0.0002", "0.0004", "0.0006"]);
        let axis = value_axis([2e-12].into_iter(), false);
        assert_eq!(labels(&axis), ["0", "5e−13", "1e−12", "1.5e−12", "2e−12"]);
        let axis = value_axis([2_500_000.0].into_iter(), false);
        assert_eq!(labels(&axis), ["0", "1M", "2M", "3M"]);
        for high in [0.000_3, 0.07, 1.3, 47.0, 999.5, 12_345.0, 8.1e9, 3e17] {
            let axis = value_axis([high, -high / 3.0].into_iter(), false);
            let texts = labels(&axis);
            let distinct: std::collections::HashSet<_> = texts.iter().collect();
            assert_eq!(distinct.len(), texts.len(), "{texts:?}");
        }
    }

    #[test]
    fn time_labels_do_not_overlap_and_show_a_new_year() {
        let starts: Vec<String> = (0..53)
            .map(|week| {
                let day = jiff::civil::date(2025, 8, 18)
                    .checked_add(jiff::ToSpan::weeks(week))
                    .unwrap();
                format!("{day}T00:00:00+00:00")
            })
            .collect();
        let ticks = time_ticks(&starts, 0..53, Granularity::Week, 12.5);
        let labels: Vec<&str> = ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(
            labels,
            ["25 Aug", "27 Oct", "29 Dec", "2 Mar 2026", "4 May", "6 Jul"]
        );
    }

    /// Hours of Berlin from midnight of a day on.
    fn hours_of_berlin(day: jiff::civil::Date, count: i64) -> Vec<String> {
        let start = day.in_tz("Europe/Berlin").unwrap();
        let hour = |n| {
            let at = &start + jiff::ToSpan::hours(n);
            at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
        };
        (0..count).map(hour).collect()
    }

    #[test]
    fn hours_keep_to_the_clock_where_it_is_put_back_or_forward() {
        let labels = |starts: &[String], points: f32| -> Vec<String> {
            let ticks = time_ticks(starts, 0..starts.len(), Granularity::Hour, points);
            ticks.into_iter().map(|(_, label)| label).collect()
        };
        // 25 hours, then 24.
        let autumn = hours_of_berlin(jiff::civil::date(2025, 10, 26), 49);
        let expected = [
            "26 Oct", "06:00", "12:00", "18:00", "27 Oct", "06:00", "12:00", "18:00",
        ];
        assert_eq!(labels(&autumn, 12.0), expected);
        let every = labels(&autumn[..5], 100.0);
        assert_eq!(every[2..4], ["02:00 +02:00", "02:00 +01:00"]);
        let days = hours_of_berlin(jiff::civil::date(2025, 10, 25), 24 * 5 + 1);
        let expected = ["25 Oct", "26 Oct", "27 Oct", "28 Oct", "29 Oct"];
        assert_eq!(labels(&days, 3.0), expected);
        // 23 hours: of two labels that would be too close the first stays.
        let spring = hours_of_berlin(jiff::civil::date(2026, 3, 29), 47);
        let shown = labels(&spring, 12.0);
        assert!(shown.contains(&"30 Mar".to_owned()), "{shown:?}");
        assert_eq!(shown[0], "29 Mar");
    }

    #[test]
    fn a_day_without_midnight_has_its_date_at_its_first_hour() {
        let starts: Vec<String> = ["23:00:00-04:00", "01:00:00-03:00", "02:00:00-03:00"]
            .into_iter()
            .zip(["05", "06", "06"])
            .map(|(time, day)| format!("2026-09-{day}T{time}"))
            .collect();
        let ticks = time_ticks(&starts, 0..3, Granularity::Hour, 100.0);
        let labels: Vec<&str> = ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["23:00", "6 Sep", "02:00"]);
    }

    #[test]
    fn hours_are_labelled_at_midnight() {
        let starts: Vec<String> = (5..53)
            .map(|hour| format!("2026-05-{:02}T{:02}:00:00+00:00", 10 + hour / 24, hour % 24))
            .collect();
        let ticks = time_ticks(&starts, 0..48, Granularity::Hour, 10.0);
        let labels: Vec<&str> = ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["12:00", "11 May", "12:00", "12 May"]);
    }
}
