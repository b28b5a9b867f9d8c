//! The error for an invalid report.

use serde::{Deserialize, Serialize};

/// A report is invalid. The error names the path of the invalid field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{path}: {message}")]
pub struct InvalidQuery {
    /// The field, such as `series[0].measure.type`; empty for the report itself.
    pub path: String,
    /// What is wrong with the field, as text for the analyst.
    pub message: String,
}

impl InvalidQuery {
    /// An error at a path.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}
