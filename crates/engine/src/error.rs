//! Why there is no answer, and how a caller takes back its question.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use empmix_query::InvalidQuery;

/// Why a report was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The report makes no sense.
    #[error(transparent)]
    Invalid(#[from] InvalidQuery),
    /// The caller no longer wants the answer.
    #[error("the query was cancelled")]
    Cancelled,
    /// A column of a part could not be read.
    #[error("a part could not be read: {0}")]
    Part(String),
}

/// Tells a running query that nobody waits for it any more. Clones are one flag.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the query to stop; it does so before the next part.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails once [`Cancel::cancel`] was called.
    pub fn check(&self) -> Result<(), EngineError> {
        if self.0.load(Ordering::Relaxed) {
            Err(EngineError::Cancelled)
        } else {
            Ok(())
        }
    }
}
