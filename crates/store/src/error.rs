//! Why a store could not do something.

/// Why a store could not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or did not answer in time: nothing is known of the outcome, try again.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The thing does not exist.
    #[error("{0} does not exist")]
    NotFound(&'static str),
    /// What was asked for breaks a rule, which the message names.
    #[error("{0}")]
    Invalid(String),
    /// It exists already, or changed meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// The store's files are damaged or its disk fails.
    #[error("the store's storage failed: {0}")]
    Storage(String),
}
