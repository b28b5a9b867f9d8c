//! The chart as plain data: lines over buckets.

use std::collections::HashSet;

use empmix_query::report::Granularity;

use crate::texts::Key;

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
    /// What the lines measure: `unique users`.
    pub measure: String,
    /// The first series over the whole range, not split.
    pub headline: Option<f64>,
    /// Milliseconds inside the store.
    pub took_ms: f64,
    /// Events that were scanned.
    pub rows_scanned: u64,
    /// The engine that computed the answer: `local engine`, `MongoDB`.
    pub engine: Key,
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

impl LineName {
    /// A name that is not shortened.
    pub fn new(text: String, is_rest: bool) -> Self {
        Self {
            short: text.clone(),
            text,
            is_rest,
        }
    }
}

/// Shortens names such as `owner/name` to `name`, unless two lines would get the same name, or one that
/// reads as something else: a name in quotes stays, and so does one whose last part is a number.
pub fn shorten(lines: &mut [Line]) {
    let short: Vec<String> = lines
        .iter()
        .map(|line| {
            let last = line.name.text.rsplit('/').next().unwrap_or_default().trim();
            let is_other = last.is_empty() || last.ends_with('"') || last.parse::<f64>().is_ok();
            if is_other { &line.name.text } else { last }.to_owned()
        })
        .collect();
    let different: HashSet<&String> = short.iter().collect();
    if different.len() == lines.len() {
        for (line, short) in lines.iter_mut().zip(short) {
            line.name.short = short;
        }
    }
}

impl ChartModel {
    /// Whether bars compare the totals of segments: where values do not add up over segments, bars of
    /// buckets cannot be stacked.
    pub fn compares_totals(&self) -> bool {
        self.breakdown.is_some() && self.lines.len() > 1 && !self.additive
    }

    /// Whether there is nothing to show: no line, or only zeros and gaps.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| {
            let is_zero = |value: &Option<f64>| value.is_none_or(|value| value == 0.0);
            line.points.iter().all(is_zero) && is_zero(&line.total)
        })
    }
}

/// A chart by week, for tests: the first bucket is cut, and those from the fourth on have not ended.
#[cfg(test)]
pub(crate) fn example(breakdown: Option<&str>, lines: &[(&str, &[Option<f64>])]) -> ChartModel {
    let weeks = lines.first().map_or(0, |(_, points)| points.len());
    let start = |week: usize| {
        let span = jiff::Span::new().weeks(week as i64);
        let day = jiff::civil::date(2026, 7, 6).saturating_add(span);
        format!("{day}T00:00:00+00:00")
    };
    let line = |(name, points): &(&str, &[Option<f64>])| Line {
        name: LineName::new((*name).to_owned(), false),
        points: points.to_vec(),
        total: Some(points.iter().flatten().sum()),
        average: {
            let complete: Vec<f64> = points[1..points.len().min(3)]
                .iter()
                .flatten()
                .copied()
                .collect();
            (!complete.is_empty()).then(|| complete.iter().sum::<f64>() / complete.len() as f64)
        },
        shown_at_first: true,
    };
    let lines: Vec<Line> = lines.iter().map(line).collect();
    ChartModel {
        buckets: (0..weeks).map(start).collect(),
        partial: (0..weeks).map(|week| week == 0 || week >= 3).collect(),
        granularity: Granularity::Week,
        breakdown: breakdown.map(str::to_owned),
        additive: false,
        counts: true,
        measure: "unique users".to_owned(),
        headline: lines.first().and_then(|line| line.total),
        lines,
        took_ms: 2.1,
        rows_scanned: 10,
        engine: Key("report-engine-local"),
    }
}
