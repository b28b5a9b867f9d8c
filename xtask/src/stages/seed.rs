//! The seed of random tests: another one each day, so that many are tried in time; printed, so that a
//! failure can be repeated.

use std::{
    ffi::OsString,
    time::{SystemTime, UNIX_EPOCH},
};

/// The variable that names a seed.
const VARIABLE: &str = "EMPMIX_SEED";
/// The variables that the tests read it from.
const READ: [&str; 2] = [VARIABLE, "PROPTEST_RNG_SEED"];

/// A seed: the number of today, unless the environment names another.
pub(super) struct Seed(String);

impl Seed {
    pub(super) fn of_today() -> Self {
        #[allow(
            clippy::disallowed_methods,
            reason = "this is where xtask reads the clock"
        )]
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let days = now.map_or(0, |since| since.as_secs() / 86_400);
        Self(std::env::var(VARIABLE).unwrap_or_else(|_| days.to_string()))
    }

    /// As the tests find it in their environment.
    pub(super) fn env(&self) -> Vec<(String, OsString)> {
        READ.map(|name| (name.to_owned(), OsString::from(&self.0)))
            .into()
    }

    /// The line that runs a test again with this seed.
    pub(super) fn repeat(&self, test: &str) -> String {
        format!("{VARIABLE}={} cargo xtask test {test}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_can_be_repeated() {
        let seed = Seed("20784".to_owned());
        assert_eq!(
            seed.repeat("a_test"),
            "EMPMIX_SEED=20784 cargo xtask test a_test"
        );
        assert!(seed.env().iter().all(|(_, value)| value == "20784"));
    }
}
