//! Parses a report from JSON to [`Report`]; errors contain the path of the invalid field.
//!
//! Unknown fields are refused, not ignored. Features of the query language that this version does
//! not support (`docs/NOT_IN_THIS_VERSION.md`) are refused with a message of their own. An optional
//! field may be `null`.

mod filter;
mod insights;
mod node;
mod range;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::{InvalidQuery, report::Report};
use node::Node;

/// Kinds of report that the query language defines and this version does not support.
const UNSUPPORTED_KINDS: &[&str] = &[
    "funnel",
    "retention",
    "flows",
    "lifecycle",
    "stickiness",
    "sessions",
];

/// Parses a report and fills in defaults.
pub fn parse(body: &Value) -> Result<Report, InvalidQuery> {
    let report = Node::root(body);
    let object = report.object()?;
    let kind = object.required("kind")?;
    match kind.text()? {
        "insights" => insights::read(&object).map(Report::Insights),
        other if UNSUPPORTED_KINDS.contains(&other) => Err(kind.unsupported(other)),
        _ => Err(kind.error("The kind of a report is `insights`.")),
    }
}
