//! Prepares an answer of *Insights* for the chart and the table.

use std::collections::HashSet;

use empmix_query::answer::{Answer, ReportResult, SegmentValue, SeriesResult};
use jiff::Timestamp;

use super::question::{Builder, measure_label, series_label};
use crate::{
    report::{ChartModel, Line, LineName, names, shorten},
    text,
    texts::Key,
};

/// The number of lines that are visible at first; the legend shows the others.
const SHOWN_AT_FIRST: usize = 6;

/// Prepares the answer to a question.
pub fn chart_model(answer: &Answer, builder: &Builder) -> ChartModel {
    let ReportResult::Insights(result) = &answer.result;
    let length = shown_buckets(&result.buckets, &result.series, answer.computed_at);
    let partial = result.partial.get(..length).unwrap_or_default().to_vec();
    let names = line_names(&result.series, builder);
    let mut lines: Vec<Line> = result
        .series
        .iter()
        .enumerate()
        .zip(names)
        .map(|((index, series), name)| Line {
            name,
            points: series.points.get(..length).unwrap_or_default().to_vec(),
            total: series.total,
            average: average(series, &partial),
            shown_at_first: index < SHOWN_AT_FIRST,
        })
        .collect();
    shorten(&mut lines);
    let measures = || builder.series.iter().map(|series| &series.measure);
    ChartModel {
        buckets: result.buckets[..length].to_vec(),
        partial,
        granularity: builder.shared.granularity,
        lines,
        breakdown: builder.shared.breakdown.clone(),
        additive: builder.series.len() == 1 && measures().all(|measure| measure.is_additive()),
        counts: measures().all(|measure| !measure.takes_property()),
        measure: measures().next().map_or_else(String::new, measure_label),
        headline: headline(answer, &result.series),
        took_ms: answer.took_ms,
        rows_scanned: answer.rows_scanned,
        engine: match answer.engine {
            empmix_query::answer::Engine::Local => Key("report-engine-local"),
            empmix_query::answer::Engine::Mongodb => Key("report-engine-mongodb"),
        },
    }
}

/// The first series over the whole range, not split.
fn headline(answer: &Answer, series: &[SeriesResult]) -> Option<f64> {
    match &answer.headline {
        Some(whole) => whole.first()?.total,
        None => series.first()?.total,
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

/// The names of the lines: their segments; the letters of the series too where there are several
/// series and a segment, or where series would have the same name.
fn line_names(series: &[SeriesResult], builder: &Builder) -> Vec<LineName> {
    let several = series.iter().any(|one| one.id != series[0].id);
    let segments = series.iter().filter_map(|one| one.segment.first());
    let mut of_segments = names::of_segments(segments).into_iter();
    let is_split = series.iter().any(|one| !one.segment.is_empty());
    let mut name = |one: &SeriesResult| {
        one.segment.first()?;
        of_segments.next()
    };
    let own: Vec<String> = series
        .iter()
        .map(|one| name(one).unwrap_or_else(|| own_label(one, builder)))
        .collect();
    let with_letter =
        |(one, own): (&SeriesResult, &String)| text!("insights-line", series = &one.id, name = own);
    let different: HashSet<&String> = own.iter().collect();
    let is_ambiguous = is_split || different.len() < own.len();
    let named: Vec<String> = if several && is_ambiguous {
        series.iter().zip(&own).map(with_letter).collect()
    } else {
        own
    };
    let is_rest =
        |one: &SeriesResult| matches!(one.segment.first(), Some(SegmentValue::Other { .. }));
    let names = named.into_iter().zip(series);
    names
        .map(|(name, one)| LineName::new(name, is_rest(one)))
        .collect()
}

/// What a series measures, for one that is not split.
fn own_label(series: &SeriesResult, builder: &Builder) -> String {
    let letter = series.id.bytes().next().unwrap_or(b'A');
    let draft = builder.series.get(usize::from(letter.wrapping_sub(b'A')));
    draft.map_or_else(|| series.id.clone(), series_label)
}

#[cfg(test)]
pub(in crate::insights) mod tests {
    use empmix_query::{
        answer::{Engine, InsightsResult},
        report::Granularity,
    };
    use jiff::{Timestamp, civil::date};

    use super::*;
    use crate::{
        insights::question::SeriesDraft,
        report::{Question as _, RangeChoice, Shared},
    };

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
            headline: None,
            took_ms: 2.1,
            rows_scanned: 10,
            computed_at: now.as_millisecond(),
            engine: Engine::Local,
        }
    }

    pub(in crate::insights) fn builder() -> Builder {
        let range = RangeChoice::TwelveMonthsTo(date(2026, 8, 22));
        Builder::first(Shared::of_range(range, Granularity::Week))
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
        builder.shared.breakdown = Some("repo".to_owned());
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
        builder.shared.breakdown = None;
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
        builder.shared.breakdown = Some("repo".to_owned());
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
