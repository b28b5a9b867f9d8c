//! The entry points: answering a report, and explaining how it would be answered.

use std::collections::BTreeSet;

use empmix_model::EpochMs;
use empmix_query::{
    Calendar,
    answer::{Answer, Engine, ReportResult},
    plan,
    report::{Filter, Insights, Report},
};
use serde_json::{Value, json};

use crate::{
    error::{Cancel, EngineError},
    insights::{insights, measured, overlapping},
    snapshot::Snapshot,
};

/// Answers a report. `clock` is the current time, used if the report has no `now`. `took_ms` of the
/// answer is 0; the caller, which has a clock, sets it.
pub fn answer(
    snapshot: &Snapshot,
    report: &Report,
    calendar: &Calendar,
    clock: EpochMs,
    cancel: &Cancel,
) -> Result<Answer, EngineError> {
    let Report::Insights(report) = report;
    let plan = plan(report, calendar, clock)?;
    let result = insights(snapshot, report, &plan, cancel)?;
    let rows = overlapping(snapshot, &plan)
        .iter()
        .map(|part| part.rows() as u64)
        .sum();
    Ok(Answer {
        result: ReportResult::Insights(result),
        headline: None,
        took_ms: 0.0,
        rows_scanned: rows,
        computed_at: plan.now,
        engine: Engine::Local,
    })
}

/// Describes how a report would be answered, to help analysts find out why it is slow.
pub fn explain(
    snapshot: &Snapshot,
    report: &Report,
    calendar: &Calendar,
    clock: EpochMs,
) -> Result<Value, EngineError> {
    let Report::Insights(report) = report;
    let plan = plan(report, calendar, clock)?;
    let parts = overlapping(snapshot, &plan);
    let rows: usize = parts.iter().map(|part| part.rows()).sum();
    Ok(json!({
        "engine": Engine::Local,
        "now": plan.now,
        "from": plan.start,
        "to": plan.end,
        "buckets": plan.buckets(),
        "parts": { "all": snapshot.parts.len(), "read": parts.len() },
        "rows": rows,
        "users": snapshot.ids.texts.len(),
        "properties": properties(report),
        "scans": if report.breakdown.is_empty() {
            json!(["measure every series per bucket and over the range"])
        } else {
            json!([
                "find the segments and rank them by the first series",
                "measure every series per segment and bucket, and over the range",
            ])
        },
    }))
}

/// The names of the properties that a report reads, sorted.
fn properties(report: &Insights) -> BTreeSet<&str> {
    let own = report
        .series
        .iter()
        .filter_map(|series| series.filter.as_ref());
    let conditions = own.chain(&report.filter).flat_map(Filter::conditions);
    let filters = conditions.map(|condition| &condition.property);
    let measures = report
        .series
        .iter()
        .filter_map(|series| measured(&series.measure));
    let breakdowns = report.breakdown.iter().map(|breakdown| &breakdown.property);
    let all = filters.chain(measures).chain(breakdowns);
    all.map(|property| property.property.as_str()).collect()
}
