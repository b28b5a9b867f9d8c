//! The bearer tokens of the private API, and the one-time codes that open it to a browser.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use empmix_model::key::KeyHash;

use crate::machine;

/// How long a one-time code is valid.
const CODE_LIFE: Duration = Duration::from_secs(600);
/// One-time codes that are open at a time.
const CODES: usize = 64;

/// The bearer tokens of the private API, and the one-time codes that open it to a browser.
pub struct AccessTokens {
    token: String,
    hashes: Vec<KeyHash>,
    codes: Mutex<Vec<(String, Instant)>>,
}

impl AccessTokens {
    /// The directory's token, and the one that the holder of the lease gave.
    pub fn new(token: String, lease: Option<&str>) -> Self {
        let hashes = std::iter::once(token.as_str())
            .chain(lease)
            .map(KeyHash::of)
            .collect();
        Self {
            token,
            hashes,
            codes: Mutex::new(Vec::new()),
        }
    }

    /// Whether a token is good, in constant time.
    pub fn is_good(&self, token: &str) -> bool {
        self.hashes
            .iter()
            .fold(false, |good, hash| hash.matches(token) | good)
    }

    /// A fresh one-time code; the oldest open one goes when there are too many.
    pub fn issue_code(&self) -> String {
        let code = machine::random_hex::<16>();
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|(_, issued)| issued.elapsed() < CODE_LIFE);
        if codes.len() == CODES {
            codes.remove(0);
        }
        codes.push((code.clone(), Instant::now()));
        code
    }

    /// The bearer token in exchange for a code, once.
    pub fn redeem(&self, code: &str) -> Option<String> {
        let wanted = KeyHash::of(code);
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|(_, issued)| issued.elapsed() < CODE_LIFE);
        let place = codes.iter().position(|(open, _)| wanted.matches(open))?;
        codes.remove(place);
        Some(self.token.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_opens_once() {
        let tokens = AccessTokens::new("et_1".into(), Some("lease"));
        let code = tokens.issue_code();
        assert_eq!(tokens.redeem("other"), None);
        assert_eq!(tokens.redeem(&code).as_deref(), Some("et_1"));
        assert_eq!(tokens.redeem(&code), None);
        assert!(tokens.is_good("lease") && tokens.is_good("et_1") && !tokens.is_good(""));
    }
}
