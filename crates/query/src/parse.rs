//! Reading a report: from JSON to [`Report`], with the path of whatever is wrong.
//!
//! A field that the query language does not name is refused, never ignored. What the language
//! names and this version leaves out (`docs/NOT_IN_THIS_VERSION.md`) is refused as such. An
//! optional field may be `null`.

mod filter;
mod insights;
mod node;
mod range;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::{InvalidQuery, report::Report};
use node::Node;

/// Kinds of report that the query language names and this version leaves out.
const LATER_KINDS: &[&str] = &[
    "funnel",
    "retention",
    "flows",
    "lifecycle",
    "stickiness",
    "sessions",
];

/// Reads a report; defaults are filled in.
pub fn parse(body: &Value) -> Result<Report, InvalidQuery> {
    let report = Node::root(body);
    let object = report.object()?;
    let kind = object.required("kind")?;
    match kind.text()? {
        "insights" => insights::read(&object).map(Report::Insights),
        other if LATER_KINDS.contains(&other) => Err(kind.later(other)),
        _ => Err(kind.error("The kind of a report is `insights`.")),
    }
}
