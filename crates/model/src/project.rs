//! Projects: tenants with their own data and keys.

use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

use crate::{EpochMs, ids::ProjectId, key::PublicKey};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its display name.
    pub name: String,
    /// The IANA name of the time zone that defines its days.
    pub timezone: String,
    /// The day that weeks begin on.
    pub week_start: WeekStart,
    /// The write-only key for apps.
    pub public_key: PublicKey,
    /// Whether a secret key was created; the key itself is never stored.
    pub has_secret_key: bool,
    /// When the project was created.
    pub created_at: EpochMs,
}

/// The day that a project's weeks begin on.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs, reason = "the names of the days")]
pub enum WeekStart {
    #[default]
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}
