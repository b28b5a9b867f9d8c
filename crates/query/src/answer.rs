//! Answers as data: exactly the JSON of the query API.

use empmix_model::EpochMs;
use serde::{Deserialize, Serialize};

/// An answer with what it cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The result, tagged with the report's kind.
    #[serde(flatten)]
    pub result: ReportResult,
    /// Time taken inside the store, in milliseconds.
    pub took_ms: f64,
    /// Events that were looked at.
    pub rows_scanned: u64,
    /// The time that was taken as now.
    pub computed_at: EpochMs,
    /// Who answered.
    pub engine: Engine,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

/// Series over buckets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InsightsResult {
    /// Starts of the buckets, RFC 3339 with the zone's offset then.
    pub buckets: Vec<String>,
    /// True where the range cuts the bucket or the bucket has not ended.
    pub partial: Vec<bool>,
    /// Series in request order, each in segment order.
    pub series: Vec<SeriesResult>,
}

/// One segment of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesResult {
    /// The series' id.
    pub id: String,
    /// The segment, one element per breakdown; empty without one.
    pub segment: Vec<SegmentValue>,
    /// A value per bucket, null where the measure has none.
    pub points: Vec<Option<f64>>,
    /// The measure over the whole range.
    pub total: Option<f64>,
}

/// The value of a breakdown that a segment stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SegmentValue {
    /// A string.
    Text(String),
    /// A number.
    Number(f64),
    /// A boolean.
    Boolean(bool),
    /// The property is missing, or is no scalar.
    NotSet {
        /// Always true.
        not_set: bool,
    },
    /// Everything beyond the limit.
    Other {
        /// Always true.
        other: bool,
    },
}
