//! The lines of the chart: every segment of every series, in the answer's order.

use std::collections::HashSet;

use empmix_query::{
    answer::{Answer, ReportResult, SegmentValue, SeriesResult},
    report::Granularity,
};
use jiff::Timestamp;

use super::number::full;
use crate::insights::question::{Builder, series_label};

/// The number of lines that are visible at first; the legend shows the others.
const SHOWN_AT_FIRST: usize = 6;

/// An answer, prepared for the chart and the table.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartModel {
    /// Starts of the buckets, without empty ones that lie wholly in the future.
    pub buckets: Vec<String>,
    /// Whether the range cuts the bucket, or it has not ended.
    pub partial: Vec<bool>,
    /// The width of a bucket.
    pub granularity: Granularity,
    /// The lines.
    pub lines: Vec<Line>,
    /// The property of the breakdown.
    pub breakdown: Option<String>,
    /// Whether the values of the lines add up, so that bars may be stacked.
    pub additive: bool,
    /// Whether every value is a count of events or users.
    pub counts: bool,
    /// Milliseconds inside the store.
    pub took_ms: f64,
    /// Events that were scanned.
    pub rows_scanned: u64,
    /// The engine that computed the answer: `local engine`, `MongoDB`.
    pub engine: &'static str,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its name.
    pub name: LineName,
    /// A value per bucket.
    pub points: Vec<Option<f64>>,
    /// The measure over the whole range.
    pub total: Option<f64>,
    /// The mean over complete buckets that have a value.
    pub average: Option<f64>,
    /// Whether it is visible until the user changes that in the legend.
    pub shown_at_first: bool,
}

/// The name of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineName {
    /// In full.
    pub text: String,
    /// The short name for the legend: the part after the last `/`, where that is unique.
    pub short: String,
    /// Whether it is the segment of all values beyond the limit.
    pub is_rest: bool,
}

/// Prepares the answer to a question.
pub fn chart_model(answer: &Answer, builder: &Builder) -> ChartModel {
    let ReportResult::Insights(result) = &answer.result;
    let length = shown_buckets(&result.buckets, &result.series, answer.computed_at);
    let partial = result.partial.get(..length).unwrap_or_default().to_vec();
    let several = result
        .series
        .iter()
        .any(|series| series.id != result.series[0].id);
    let mut lines: Vec<Line> = result
        .series
        .iter()
        .enumerate()
        .map(|(index, series)| Line {
            name: line_name(series, builder, several),
            points: series.points.get(..length).unwrap_or_default().to_vec(),
            total: series.total,
            average: average(series, &partial),
            shown_at_first: index < SHOWN_AT_FIRST,
        })
        .collect();
    add_series_letters(&mut lines, &result.series);
    shorten(&mut lines);
    let measures = || builder.series.iter().map(|series| &series.measure);
    ChartModel {
        buckets: result.buckets[..length].to_vec(),
        partial,
        granularity: builder.granularity,
        lines,
        breakdown: builder.breakdown.clone(),
        additive: builder.series.len() == 1 && measures().all(|measure| measure.is_additive()),
        counts: measures().all(|measure| !measure.takes_property()),
        took_ms: answer.took_ms,
        rows_scanned: answer.rows_scanned,
        engine: match answer.engine {
            empmix_query::answer::Engine::Local => "local engine",
            empmix_query::answer::Engine::Mongodb => "MongoDB",
        },
    }
}

/// The number of buckets up to the current one or to the last one with a value, whichever is later.
fn shown_buckets(starts: &[String], series: &[SeriesResult], now: i64) -> usize {
    let begun = starts
        .iter()
        .take_while(|start| {
            start
                .parse::<Timestamp>()
                .is_ok_and(|time| time.as_millisecond() <= now)
        })
        .count();
    let filled = series
        .iter()
        .filter_map(|one| {
            let last = one
                .points
                .iter()
                .rposition(|point| point.is_some_and(|value| value != 0.0));
            last.map(|index| index + 1)
        })
        .max()
        .unwrap_or(0);
    begun.max(filled).min(starts.len())
}

fn average(series: &SeriesResult, partial: &[bool]) -> Option<f64> {
    let complete: Vec<f64> = series
        .points
        .iter()
        .zip(partial)
        .filter(|(_, partial)| !**partial)
        .filter_map(|(point, _)| *point)
        .collect();
    let count = complete.len();
    (count > 0).then(|| complete.iter().sum::<f64>() / count as f64)
}

fn line_name(series: &SeriesResult, builder: &Builder, several: bool) -> LineName {
    let draft = builder.series.get(usize::from(
        series.id.bytes().next().unwrap_or(b'A').wrapping_sub(b'A'),
    ));
    let own = || draft.map_or_else(|| series.id.clone(), series_label);
    let Some(segment) = series.segment.first() else {
        return LineName::new(own(), false);
    };
    let (text, is_rest) = segment_name(segment);
    let text = if several {
        format!("{} · {text}", series.id)
    } else {
        text
    };
    LineName::new(text, is_rest)
}

/// Adds the letters of the series to the names when two names are equal, as for two series that
/// differ only by their filters.
fn add_series_letters(lines: &mut [Line], series: &[SeriesResult]) {
    let different: HashSet<&String> = lines.iter().map(|line| &line.name.text).collect();
    if different.len() == lines.len() {
        return;
    }
    for (line, series) in lines.iter_mut().zip(series) {
        let text = format!("{} · {}", series.id, line.name.text);
        line.name = LineName::new(text, line.name.is_rest);
    }
}

/// Shortens names such as `owner/name` to `name`, unless two lines would get the same name.
fn shorten(lines: &mut [Line]) {
    let short: Vec<String> = lines
        .iter()
        .map(|line| {
            let last = line.name.text.rsplit('/').next().unwrap_or_default().trim();
            if last.is_empty() {
                &line.name.text
            } else {
                last
            }
            .to_owned()
        })
        .collect();
    let different: HashSet<&String> = short.iter().collect();
    if different.len() == lines.len() {
        for (line, short) in lines.iter_mut().zip(short) {
            line.name.short = short;
        }
    }
}

fn segment_name(segment: &SegmentValue) -> (String, bool) {
    match segment {
        SegmentValue::Text(text) if text.is_empty() => ("(empty)".to_owned(), false),
        SegmentValue::Text(text) => (text.clone(), false),
        SegmentValue::Number(number) => (full(Some(*number)), false),
        SegmentValue::Boolean(value) => (value.to_string(), false),
        SegmentValue::NotSet { .. } => ("(not set)".to_owned(), false),
        SegmentValue::Other { .. } => ("All others".to_owned(), true),
    }
}

impl LineName {
    fn new(text: String, is_rest: bool) -> Self {
        Self {
            short: text.clone(),
            text,
            is_rest,
        }
    }
}

impl ChartModel {
    /// Whether there is nothing to show: no line, or only zeros and gaps.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| {
            let is_zero = |value: &Option<f64>| value.is_none_or(|value| value == 0.0);
            line.points.iter().all(is_zero) && is_zero(&line.total)
        })
    }
}

#[cfg(test)]
pub(in crate::insights) mod tests {
    use empmix_query::answer::{Engine, InsightsResult};
    use jiff::{Timestamp, civil::date};

    use super::*;
    use crate::insights::question::{RangeChoice, SeriesDraft};

    /// A series of an answer: id, segment, points.
    pub(in crate::insights) type TestSeries<'a> = (&'a str, Option<SegmentValue>, Vec<Option<f64>>);

    /// An answer by week with these series.
    pub(in crate::insights) fn answer(series: Vec<TestSeries<'_>>) -> Answer {
        let count = series.first().map_or(0, |(_, _, points)| points.len());
        let buckets: Vec<String> = (0..count as i64)
            .map(|week| {
                let day = date(2026, 7, 6)
                    .checked_add(jiff::ToSpan::weeks(week))
                    .unwrap();
                format!("{day}T00:00:00+00:00")
            })
            .collect();
        let now: Timestamp = "2026-07-29T00:00:00Z".parse().unwrap();
        Answer {
            result: ReportResult::Insights(InsightsResult {
                partial: (0..count).map(|index| index == 0 || index >= 3).collect(),
                buckets,
                series: series
                    .into_iter()
                    .map(|(id, segment, points)| SeriesResult {
                        id: id.to_owned(),
                        segment: segment.into_iter().collect(),
                        total: Some(points.iter().flatten().sum()),
                        points,
                    })
                    .collect(),
            }),
            took_ms: 2.1,
            rows_scanned: 10,
            computed_at: now.as_millisecond(),
            engine: Engine::Local,
        }
    }

    pub(in crate::insights) fn builder() -> Builder {
        let range = RangeChoice::TwelveMonthsTo(date(2026, 8, 22));
        Builder::first(range, Granularity::Week)
    }

    fn points(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn future_buckets_are_left_out_unless_they_have_a_value() {
        let empty = answer(vec![("A", None, points(&[1.0, 2.0, 3.0, 4.0, 0.0, 0.0]))]);
        assert_eq!(chart_model(&empty, &builder()).buckets.len(), 4);
        let full = answer(vec![("A", None, points(&[1.0, 2.0, 3.0, 4.0, 7.0, 0.0]))]);
        assert_eq!(chart_model(&full, &builder()).buckets.len(), 5);
    }

    #[test]
    fn the_average_ignores_partial_buckets_and_gaps() {
        let answer = answer(vec![(
            "A",
            None,
            vec![Some(100.0), Some(4.0), None, Some(50.0)],
        )]);
        assert_eq!(chart_model(&answer, &builder()).lines[0].average, Some(4.0));
    }

    #[test]
    fn lines_are_named_by_segment_and_with_several_series_by_series_too() {
        let text = |text: &str| Some(SegmentValue::Text(text.to_owned()));
        let mut builder = builder();
        builder.breakdown = Some("repo".to_owned());
        let one = answer(vec![
            ("A", text("egui"), points(&[1.0])),
            (
                "A",
                Some(SegmentValue::NotSet { not_set: true }),
                points(&[1.0]),
            ),
            (
                "A",
                Some(SegmentValue::Other { other: true }),
                points(&[1.0]),
            ),
        ]);
        let names: Vec<_> = chart_model(&one, &builder)
            .lines
            .into_iter()
            .map(|line| line.name.text)
            .collect();
        assert_eq!(names, ["egui", "(not set)", "All others"]);
        builder.series.push(SeriesDraft::default());
        let two = answer(vec![
            ("A", text("egui"), points(&[1.0])),
            ("B", text("egui"), points(&[1.0])),
        ]);
        let names: Vec<_> = chart_model(&two, &builder)
            .lines
            .into_iter()
            .map(|line| line.name.text)
            .collect();
        assert_eq!(names, ["A · egui", "B · egui"]);
        builder.breakdown = None;
        let plain = answer(vec![
            ("A", None, points(&[1.0])),
            ("B", None, points(&[1.0])),
        ]);
        let second = |builder: &Builder| chart_model(&plain, builder).lines[1].name.text.clone();
        assert_eq!(second(&builder), "B · All events, unique users");
        builder.series[1].event = Some("Commit".to_owned());
        assert_eq!(second(&builder), "Commit, unique users");
    }

    #[test]
    fn legend_names_are_short_when_they_are_unique() {
        let text = |text: &str| Some(SegmentValue::Text(text.to_owned()));
        let mut builder = builder();
        builder.breakdown = Some("repo".to_owned());
        let short = |names: [&str; 2]| -> Vec<String> {
            let series = names.map(|name| ("A", text(name), points(&[1.0]))).to_vec();
            let model = chart_model(&answer(series), &builder);
            model
                .lines
                .into_iter()
                .map(|line| line.name.short)
                .collect()
        };
        assert_eq!(short(["emilk/egui", "tokio-rs/axum"]), ["egui", "axum"]);
        assert_eq!(short(["a/docs", "b/docs"]), ["a/docs", "b/docs"]);
        assert_eq!(short(["a/", "plain"]), ["a/", "plain"]);
    }

    #[test]
    fn zeros_and_gaps_count_as_empty() {
        let none = answer(vec![("A", None, vec![Some(0.0), None])]);
        assert!(chart_model(&none, &builder()).is_empty());
        let some = answer(vec![("A", None, vec![Some(0.0), Some(-1.0)])]);
        assert!(!chart_model(&some, &builder()).is_empty());
    }
}
