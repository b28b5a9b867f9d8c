//! The bound of the refused bodies that a project keeps.

use std::ops::AddAssign;

use empmix_model::{
    limits::{REFUSED_BYTES_KEPT, REFUSED_KEPT},
    warning::{Warning, WarningKind},
};

/// Refused bodies: how many, and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefusedBodies {
    /// How many.
    pub count: usize,
    /// Their bytes.
    pub bytes: usize,
}

impl RefusedBodies {
    /// The refused bodies among warnings.
    pub fn of<'a>(warnings: impl IntoIterator<Item = &'a Warning>) -> Self {
        let mut all = Self::default();
        for warning in warnings {
            if warning.kind == WarningKind::Refused {
                all += Self {
                    count: 1,
                    bytes: warning.bytes.as_ref().map_or(0, String::len),
                };
            }
        }
        all
    }

    /// Whether these are more than a project keeps.
    pub fn exceed(self) -> bool {
        self.count > REFUSED_KEPT || self.bytes > REFUSED_BYTES_KEPT
    }

    /// Whether the oldest are to be dropped now: only beyond 110 % of what is kept, so that it is not
    /// done for each message.
    pub fn need_trim(self) -> bool {
        self.count > REFUSED_KEPT + REFUSED_KEPT / 10
            || self.bytes > REFUSED_BYTES_KEPT + REFUSED_BYTES_KEPT / 10
    }
}

impl AddAssign for RefusedBodies {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.bytes += other.bytes;
    }
}
