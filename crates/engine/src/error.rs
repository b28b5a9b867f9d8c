//! Errors of the engine, and cancellation.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use empmix_query::InvalidQuery;

/// A report could not be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The report is invalid.
    #[error(transparent)]
    Invalid(#[from] InvalidQuery),
    /// The caller cancelled the query.
    #[error("the query was cancelled")]
    Cancelled,
    /// A column of a part could not be read.
    #[error("a part could not be read: {0}")]
    Part(String),
}

/// A flag that cancels a running query. All clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Cancels the query; it stops before the next part.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails if [`Cancel::cancel`] was called.
    pub fn check(&self) -> Result<(), EngineError> {
        if self.0.load(Ordering::Relaxed) {
            Err(EngineError::Cancelled)
        } else {
            Ok(())
        }
    }
}
