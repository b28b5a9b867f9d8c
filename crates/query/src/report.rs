//! Reports as data. `Serialize` writes exactly the JSON of the query API; reading it, with the
//! path of each error, is `parse`.

use empmix_model::EpochMs;
use serde::Serialize;
use serde_json::Value;

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Report {
    /// How many, how often, how much, by whom, over time.
    Insights(Insights),
}

/// How many, how often, how much, by whom, over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Insights {
    /// The time that is looked at.
    pub range: Range,
    /// The width of a bucket.
    pub granularity: Granularity,
    /// What is measured, at least one.
    pub series: Vec<Series>,
    /// Selects the events that the report sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// What splits each series into segments; at most one in this version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breakdown: Vec<Breakdown>,
    /// Segments that are shown on their own, 1..=1000; the rest is one segment.
    pub limit: usize,
    /// The time that is taken as now; the server's clock when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<EpochMs>,
}

/// The most series of a report.
pub const MAX_SERIES: usize = 50;
/// The segments that are shown when a report does not say.
pub const DEFAULT_LIMIT: usize = 25;
/// The largest `limit`.
pub const MAX_LIMIT: usize = 1000;
/// The most buckets that a report may touch.
pub const MAX_BUCKETS: usize = 10_000;
/// The most points of an answer, over all series and segments: one series may have as many
/// segments and buckets as there can be.
pub const MAX_POINTS: usize = (MAX_LIMIT + 1) * MAX_BUCKETS;

/// The time that a report looks at, in the project's zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Range {
    /// Local dates, both included.
    Dates {
        /// The first day.
        from: jiff::civil::Date,
        /// The last day.
        to: jiff::civil::Date,
    },
    /// The current calendar unit, to its end, and the `last` − 1 before it.
    Last {
        /// How many units, at least 1.
        last: u32,
        /// The unit.
        unit: Granularity,
    },
}

/// A calendar unit: the width of a bucket, or of a relative range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names of calendar units")]
pub enum Granularity {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// One line of the chart before it is broken down.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Its name in the answer, unique in the report.
    pub id: String,
    /// Which events count.
    pub event: EventSelector,
    /// Narrows this series only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// What is computed.
    pub measure: Measure,
}

/// Which events count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum EventSelector {
    /// Every stored event (`null`).
    All,
    /// The events of one name.
    Named(String),
    /// The events of any of these names, at least one.
    AnyOf(Vec<String>),
}

/// What is computed of a series' events.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Measure {
    /// Matching events.
    Total,
    /// Distinct users; the range total is computed over the range, never summed.
    Unique,
    /// The sum of a numeric property; 0 without rows.
    Sum(PropertyRef),
    /// The mean of a numeric property; null without rows.
    Avg(PropertyRef),
}

/// A property of the event, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct PropertyRef {
    /// The name: a whole key first, then dots descend. `$event $distinct_id $user_id $time
    /// $session_id $received_at` are reserved.
    pub property: String,
    /// `"as":"number"`: text that is exactly a JSON number reads as that number.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub cast: Option<Cast>,
}

/// How a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cast {
    /// Numbers, and text that is exactly a JSON number.
    Number,
}

/// What splits a series into segments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breakdown {
    /// The property.
    #[serde(flatten)]
    pub property: PropertyRef,
}

/// Which events pass.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Filter {
    /// All of them; true when empty.
    And {
        /// The parts.
        and: Vec<Filter>,
    },
    /// Any of them; false when empty.
    Or {
        /// The parts.
        or: Vec<Filter>,
    },
    /// One condition.
    Condition(Condition),
}

/// A condition on one property of the event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Condition {
    /// The property.
    #[serde(flatten)]
    pub property: PropertyRef,
    /// The comparison.
    pub op: Operator,
    /// What it is compared with: alternatives of a positive operator. Strings, numbers, booleans
    /// for `is`; strings for `contains`; numbers for `eq gt lt`; empty for `set`.
    pub values: Vec<Value>,
}

/// A comparison. A negative one is exactly the NOT of its positive twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(
    missing_docs,
    reason = "the names of the query API; docs/REPORTS.md defines them"
)]
pub enum Operator {
    Is,
    IsNot,
    Contains,
    Set,
    NotSet,
    Eq,
    Gt,
    Lt,
}
