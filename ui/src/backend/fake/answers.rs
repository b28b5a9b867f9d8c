//! Made-up insights: a wave per series and segment, with as many buckets as the report asks for.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::{Value, json};

use super::data::NOW_MS;

const SEGMENTS: [(&str, f64); 6] = [
    ("rerun-io/rerun", 20.0),
    ("emilk/egui", 6.0),
    ("qdrant/qdrant", 13.0),
    ("tokio-rs/axum", 4.0),
    ("gitbutlerapp/gitbutler", 14.0),
    ("umami-software/umami", 3.0),
];

/// The values of a breakdown with their heights: so many, or those above.
fn segments(count: Option<usize>) -> Vec<(String, f64)> {
    let known = SEGMENTS
        .iter()
        .map(|(name, height)| ((*name).to_owned(), *height));
    let more = (SEGMENTS.len()..).map(|at| (format!("someone/repository-{at}"), (at % 97) as f64));
    known
        .chain(more)
        .take(count.unwrap_or(SEGMENTS.len()))
        .collect()
}

/// An answer to an insights report; a breakdown has so many values, if that is given.
pub(super) fn insights(report: &Value, segment_count: Option<usize>) -> Value {
    let buckets = buckets(report);
    let count = buckets.len();
    let broken_down = report["breakdown"]
        .as_array()
        .is_some_and(|list| !list.is_empty());
    let (mut series, mut headline) = (Vec::new(), Vec::new());
    for one in report["series"].as_array().into_iter().flatten() {
        let segments = if broken_down {
            segments(segment_count)
        } else {
            vec![(String::new(), 60.0)]
        };
        for (rank, (segment, height)) in segments.iter().enumerate() {
            let points: Vec<f64> = (0..count).map(|at| wave(at, rank, *height)).collect();
            let total: f64 = points.iter().sum();
            let segment = if broken_down {
                json!([segment])
            } else {
                json!([])
            };
            series.push(json!({
                "id": one["id"], "segment": segment, "points": points, "total": total,
            }));
        }
        // Users of several segments count once.
        let whole: Vec<f64> = (0..count).map(|at| wave(at, 0, 50.0)).collect();
        let total = whole.iter().sum::<f64>() * 0.7;
        headline.push(json!({"id": one["id"], "points": whole, "total": total.round()}));
    }
    let partial: Vec<bool> = (0..count).map(|at| at + 1 == count).collect();
    let mut answer = json!({
        "kind": "insights",
        "result": {"buckets": buckets, "partial": partial, "series": series},
        "took_ms": 2.1, "rows_scanned": 32_933, "computed_at": NOW_MS, "engine": "local",
    });
    if broken_down {
        answer["headline"] = json!(headline);
    }
    answer
}

fn wave(at: usize, rank: usize, height: f64) -> f64 {
    let phase = at as f64 * 0.7 + rank as f64 * 1.3;
    (height * (1.0 + 0.5 * phase.sin() + 0.3 * (phase * 2.3).cos()))
        .round()
        .max(0.0)
}

/// Starts of the buckets in UTC.
fn buckets(report: &Value) -> Vec<String> {
    let (from, to) = dates(report);
    let step = match report["granularity"].as_str().unwrap_or("day") {
        "week" => 1.week(),
        "month" => 1.month(),
        "quarter" => 3.months(),
        "year" => 1.year(),
        _ => 1.day(),
    };
    let mut starts = Vec::new();
    let mut at = from;
    while at <= to && starts.len() < 1000 {
        starts.push(format!("{at}T00:00:00+00:00"));
        match at.checked_add(step) {
            Ok(next) => at = next,
            Err(_) => break,
        }
    }
    starts
}

fn dates(report: &Value) -> (Date, Date) {
    let range = &report["range"];
    let read = |name: &str| {
        range[name]
            .as_str()
            .and_then(|text| text.parse::<Date>().ok())
    };
    if let (Some(from), Some(to)) = (read("from"), read("to")) {
        return (from, to);
    }
    let now = Timestamp::from_millisecond(NOW_MS).unwrap_or_default();
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    let back = range["last"].as_i64().unwrap_or(30).clamp(1, 1000) - 1;
    let span = match range["unit"].as_str().unwrap_or("day") {
        "week" => back.weeks(),
        "month" => back.months(),
        "quarter" => (back * 3).months(),
        "year" => back.years(),
        _ => back.days(),
    };
    (today.checked_sub(span).unwrap_or(today), today)
}
