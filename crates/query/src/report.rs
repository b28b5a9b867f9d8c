//! Reports. `Serialize` writes exactly the JSON of the query API; [`mod@crate::parse`] reads it.

use empmix_model::EpochMs;
use serde::Serialize;
use serde_json::Value;
use strum::{EnumIter, EnumString, IntoStaticStr};

/// A report: a query and its parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Report {
    /// See [`Insights`].
    Insights(Insights),
}

impl Report {
    /// The same report without its breakdown; `None` where it has none.
    pub fn without_breakdown(&self) -> Option<Self> {
        let Self::Insights(insights) = self;
        if insights.breakdown.is_empty() {
            return None;
        }
        Some(Self::Insights(Insights {
            breakdown: Vec::new(),
            ..insights.clone()
        }))
    }
}

/// Measures of events over time, such as counts, distinct users and sums.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Insights {
    /// The time range.
    pub range: Range,
    /// The width of a bucket.
    pub granularity: Granularity,
    /// The series, at least one.
    pub series: Vec<Series>,
    /// Selects events for all series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// The breakdowns into segments; at most one in this version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breakdown: Vec<Breakdown>,
    /// The number of segments to show, 1..=1000; the others are combined into one segment.
    pub limit: usize,
    /// The time used as now; by default the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<EpochMs>,
}

/// The maximum number of series in a report.
pub const MAX_SERIES: usize = 50;
/// The `limit` of a report that has none.
pub const DEFAULT_LIMIT: usize = 25;
/// The largest `limit`.
pub const MAX_LIMIT: usize = 1000;
/// The maximum number of buckets in a report.
pub const MAX_BUCKETS: usize = 10_000;
/// The maximum number of points in an answer, over all series and segments: one series with the
/// maximum numbers of segments and buckets fits.
pub const MAX_POINTS: usize = (MAX_LIMIT + 1) * MAX_BUCKETS;

/// The time range of a report, in the project's time zone.
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
    /// The current calendar unit, up to its end, and the `last` − 1 units before it.
    Last {
        /// The number of units, at least 1.
        last: u32,
        /// The unit.
        unit: Granularity,
    },
}

/// A calendar unit: the width of a bucket, or the unit of a relative range.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[serde(into = "&'static str")]
#[strum(serialize_all = "snake_case")]
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

impl Granularity {
    /// Its name in a report.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// One series of a report: a measure of some events, before the breakdown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Its name in the answer, unique in the report.
    pub id: String,
    /// The names of the events that count.
    pub event: EventSelector,
    /// Selects events for this series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// The measure.
    pub measure: Measure,
}

/// Selects events by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum EventSelector {
    /// All stored events (`null`).
    All,
    /// The events with this name.
    Named(String),
    /// The events with one of these names. The list has at least one name.
    AnyOf(Vec<String>),
}

/// A measure of a series' events.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Measure {
    /// The number of events.
    Total,
    /// The number of distinct users. The total is computed over the whole range, not summed.
    Unique,
    /// The sum of a numeric property; 0 without rows.
    Sum(PropertyRef),
    /// The mean of a numeric property; null without rows.
    Avg(PropertyRef),
}

/// A property of the event and an optional cast.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct PropertyRef {
    /// The name. It is looked up as a whole key first, then as a path with dots. `$event
    /// $distinct_id $user_id $time $session_id $received_at` are reserved.
    pub property: String,
    /// `"as":"number"`: text that is exactly a JSON number is converted to that number.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub cast: Option<Cast>,
}

/// A conversion of values.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, EnumIter, EnumString, IntoStaticStr,
)]
#[serde(into = "&'static str")]
#[strum(serialize_all = "snake_case")]
pub enum Cast {
    /// To a number: keeps numbers and converts text that is exactly a JSON number.
    Number,
}

/// Splits each series into segments by the value of a property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breakdown {
    /// The property.
    #[serde(flatten)]
    pub property: PropertyRef,
}

/// A condition on events, or a combination of conditions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Filter {
    /// All parts are true; true if empty.
    And {
        /// The parts.
        and: Vec<Filter>,
    },
    /// At least one part is true; false if empty.
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
    /// The values to compare with, of the type that the comparison takes; one match is enough for a
    /// positive operator.
    pub values: Vec<Value>,
}

/// A comparison. A negative operator is exactly the NOT of its positive counterpart.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, EnumIter, EnumString, IntoStaticStr,
)]
#[serde(into = "&'static str")]
#[strum(serialize_all = "snake_case")]
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

impl Operator {
    /// Its name in a report.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The values that it compares with.
    pub fn values(self) -> OperatorValues {
        match self {
            Self::Is | Self::IsNot => OperatorValues::Scalars,
            Self::Contains => OperatorValues::Texts,
            Self::Eq | Self::Gt | Self::Lt => OperatorValues::Numbers,
            Self::Set | Self::NotSet => OperatorValues::None,
        }
    }
}

/// The values that a comparison takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorValues {
    /// None.
    None,
    /// Strings, numbers and booleans.
    Scalars,
    /// Strings.
    Texts,
    /// Numbers.
    Numbers,
}

impl OperatorValues {
    /// Whether a value is one of them.
    pub fn admit(self, value: &Value) -> bool {
        match self {
            Self::None => false,
            Self::Scalars => value.is_string() || value.is_number() || value.is_boolean(),
            Self::Texts => value.is_string(),
            Self::Numbers => value.is_number(),
        }
    }
}
