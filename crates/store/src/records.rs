//! Records: the things that people make, each a JSON body with a version.
//!
//! One shape carries saved reports, boards, cohorts, tokens, alerts and plans. The store knows the
//! kind, never the body.

use async_trait::async_trait;
use empmix_model::{EpochMs, ids::ProjectId};
use serde_json::Value;
use strum::{EnumIter, EnumString, IntoStaticStr};

use crate::StoreError;

/// Bytes of a record's id.
const ID_BYTES: usize = 64;
/// Bytes of a record's body as JSON.
const BODY_BYTES: usize = 256 * 1024;
/// Records of one page.
const PAGE: usize = 1000;

/// What a record is. Its text, as stored: the name in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum RecordKind {
    /// A saved report.
    Report,
    /// A board of reports and texts.
    Board,
    /// A cohort of users.
    Cohort,
    /// A token of the private API.
    Token,
    /// An alert on a report.
    Alert,
    /// A tracking plan.
    Plan,
}

/// Which record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordKey {
    /// Its project.
    pub project: ProjectId,
    /// What it is.
    pub kind: RecordKind,
    /// Its id, unique among those of its project and kind; 1 to 64 bytes.
    pub id: String,
}

/// A record as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Which record.
    pub key: RecordKey,
    /// 1 when it is made, one more with each write.
    pub version: i64,
    /// When it was written last.
    pub updated_at: EpochMs,
    /// Its content; at most 256 KiB as JSON.
    pub body: Value,
}

/// Keeps records. A write names the version that it replaces, and is a `Conflict` when another write
/// came first; so of several writers exactly one wins, and no writer overwrites what it has not read.
/// A record that is made again under the id of a removed one starts at version 1: makers choose fresh
/// ids.
#[async_trait]
pub trait Records: Send + Sync {
    /// Makes a record with version 1; an id that is taken is a `Conflict`.
    async fn create_record(
        &self,
        key: RecordKey,
        body: Value,
        now: EpochMs,
    ) -> Result<Record, StoreError>;

    /// Replaces the body of the record that has this version.
    async fn update_record(
        &self,
        key: RecordKey,
        version: i64,
        body: Value,
        now: EpochMs,
    ) -> Result<Record, StoreError>;

    /// Removes the record that has this version.
    async fn delete_record(&self, key: RecordKey, version: i64) -> Result<(), StoreError>;

    /// A record.
    async fn record(&self, key: &RecordKey) -> Result<Record, StoreError>;

    /// The records of a kind by id, at most `limit` (1 to 1000), those after an id.
    async fn records(
        &self,
        project: ProjectId,
        kind: RecordKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError>;
}

impl RecordKind {
    /// Its text, as stored.
    pub fn text(self) -> &'static str {
        self.into()
    }
}

impl RecordKey {
    /// Checks the length of the id.
    ///
    /// # Errors
    /// It is empty or longer than 64 bytes.
    pub fn check(&self) -> Result<(), StoreError> {
        if (1..=ID_BYTES).contains(&self.id.len()) {
            return Ok(());
        }
        Err(StoreError::Invalid(format!(
            "the id of a record has 1 to {ID_BYTES} bytes, this one has {}",
            self.id.len()
        )))
    }

    /// The failure of a write whose version is not the record's.
    pub fn stale(&self, version: i64) -> StoreError {
        StoreError::Conflict(format!(
            "the {} {:?} is not at version {version} any more; read it again",
            self.kind.text(),
            self.id
        ))
    }

    /// The failure of making a record whose id is taken.
    pub fn taken(&self) -> StoreError {
        StoreError::Conflict(format!(
            "a {} {:?} exists already",
            self.kind.text(),
            self.id
        ))
    }
}

/// A body as JSON text.
///
/// # Errors
/// It is larger than 256 KiB.
pub fn body_text(body: &Value) -> Result<String, StoreError> {
    let text = body.to_string();
    if text.len() <= BODY_BYTES {
        return Ok(text);
    }
    Err(StoreError::Invalid(format!(
        "the body of a record has at most {BODY_BYTES} bytes, this one has {}",
        text.len()
    )))
}

/// A body from its JSON text.
///
/// # Errors
/// The text is damaged.
pub fn body_of(text: &str) -> Result<Value, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Storage(format!("the body of a record is damaged: {error}")))
}

/// A page's size within its bounds.
pub fn page_limit(limit: usize) -> usize {
    limit.clamp(1, PAGE)
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_text() {
        for kind in RecordKind::iter() {
            assert_eq!(kind.text().parse(), Ok(kind));
        }
        assert_eq!(RecordKind::Report.text(), "report");
    }
}
