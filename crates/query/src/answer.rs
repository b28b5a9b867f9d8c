//! Answers. Their serialised form is exactly the JSON of the query API.

use empmix_model::EpochMs;
use serde::{Deserialize, Serialize};

/// A result and how it was computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The result, tagged with the report's kind.
    #[serde(flatten)]
    pub result: ReportResult,
    /// Of an answer that is split into segments: each series without the split. Values of segments do
    /// not always add up: a user may be in several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<Vec<Headline>>,
    /// The time taken inside the store, in milliseconds.
    pub took_ms: f64,
    /// The number of events that were scanned.
    pub rows_scanned: u64,
    /// The time used as now.
    pub computed_at: EpochMs,
    /// The engine that computed the answer.
    pub engine: Engine,
}

/// The engine that computed an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Engine {
    /// The local engine.
    Local,
    /// MongoDB pipelines.
    Mongodb,
}

/// A result by kind of report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "result", rename_all = "snake_case")]
pub enum ReportResult {
    /// See [`InsightsResult`].
    Insights(InsightsResult),
}

/// The series of a report, with one point per bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InsightsResult {
    /// The starts of the buckets in RFC 3339, with the zone's offset at that instant.
    pub buckets: Vec<String>,
    /// Per bucket: true if the range cuts it or it has not ended.
    pub partial: Vec<bool>,
    /// The series in request order, each in segment order.
    pub series: Vec<SeriesResult>,
}

/// One segment of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesResult {
    /// The series' id.
    pub id: String,
    /// The segment, one element per breakdown; empty without one.
    pub segment: Vec<SegmentValue>,
    /// One value per bucket; null if the measure has no value.
    #[serde(serialize_with = "whole_numbers::points")]
    pub points: Vec<Option<f64>>,
    /// The measure over the whole range.
    #[serde(serialize_with = "whole_numbers::point")]
    pub total: Option<f64>,
}

/// A series without its breakdown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Headline {
    /// The series' id.
    pub id: String,
    /// One value per bucket; null if the measure has no value.
    #[serde(serialize_with = "whole_numbers::points")]
    pub points: Vec<Option<f64>>,
    /// The measure over the whole range.
    #[serde(serialize_with = "whole_numbers::point")]
    pub total: Option<f64>,
}

impl ReportResult {
    /// The series of a result that is not split.
    pub fn into_headline(self) -> Vec<Headline> {
        let Self::Insights(result) = self;
        let headline = |series: SeriesResult| Headline {
            id: series.id,
            points: series.points,
            total: series.total,
        };
        result.series.into_iter().map(headline).collect()
    }
}

/// The value of the breakdown in a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SegmentValue {
    /// A string.
    Text(String),
    /// A number.
    #[serde(serialize_with = "whole_numbers::number")]
    Number(f64),
    /// A boolean.
    Boolean(bool),
    /// The property is missing or is not a scalar.
    NotSet {
        /// Always true.
        not_set: bool,
    },
    /// All segments beyond the limit.
    Other {
        /// Always true.
        other: bool,
    },
}

/// Writes whole numbers without a fraction: `42`, not `42.0`.
mod whole_numbers {
    use serde::{Serialize, Serializer};

    /// f64 represents every whole number up to this one.
    const EXACT: f64 = 9_007_199_254_740_992.0;

    struct Number(f64);

    impl Serialize for Number {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            number(&self.0, serializer)
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number is whole and in the range of i64"
    )]
    pub(super) fn number<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if number.fract() == 0.0 && number.abs() <= EXACT {
            serializer.serialize_i64(*number as i64)
        } else {
            serializer.serialize_f64(*number)
        }
    }

    pub(super) fn point<S: Serializer>(
        point: &Option<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        point.map(Number).serialize(serializer)
    }

    pub(super) fn points<S: Serializer>(
        points: &[Option<f64>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(points.iter().map(|point| point.map(Number)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_has_the_documented_json() {
        let segments = [
            SegmentValue::Text("US".to_owned()),
            SegmentValue::Number(5.0),
            SegmentValue::Boolean(true),
            SegmentValue::NotSet { not_set: true },
            SegmentValue::Other { other: true },
        ];
        let series = segments.map(|segment| SeriesResult {
            id: "A".to_owned(),
            segment: vec![segment],
            points: vec![Some(1.0), None],
            total: Some(0.5),
        });
        let answer = Answer {
            result: ReportResult::Insights(InsightsResult {
                buckets: vec!["2026-01-01T00:00:00+00:00".to_owned()],
                partial: vec![false],
                series: series.to_vec(),
            }),
            headline: None,
            took_ms: 1.5,
            rows_scanned: 2,
            computed_at: 3,
            engine: Engine::Local,
        };
        let row =
            |segment| json!({"id": "A", "segment": [segment], "points": [1, null], "total": 0.5});
        let expected = json!({
            "kind": "insights",
            "result": {
                "buckets": ["2026-01-01T00:00:00+00:00"],
                "partial": [false],
                "series": [
                    row(json!("US")), row(json!(5)), row(json!(true)),
                    row(json!({"not_set": true})), row(json!({"other": true})),
                ],
            },
            "took_ms": 1.5,
            "rows_scanned": 2,
            "computed_at": 3,
            "engine": "local",
        });
        let written = serde_json::to_value(&answer).unwrap();
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<Answer>(written).unwrap(), answer);
    }
}
