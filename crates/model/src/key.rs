//! Keys: each project has a public key that may only write, and may have a secret key with full
//! access.
//!
//! A key consists of a prefix (`pk_` or `sk_`), 32 random hex digits and 8 hex digits of checksum.
//! The checksum (the first 4 bytes of SHA-256 over the text before it) rejects typing errors
//! without a look-up and lets scanners recognise a leaked key. A secret key is stored only as its
//! SHA-256, which is enough for a random key of 128 bits, and is compared in constant time.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ids::ProjectId;

/// A write-only key, safe in a browser.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublicKey(pub String);

impl PublicKey {
    /// Creates a key from random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(key_text("pk_", random))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key with full access. Its `Debug` hides it and it has no `Serialize`, so no log can show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(String);

impl SecretKey {
    /// Creates a key from random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(key_text("sk_", random))
    }

    /// The key in plain text. It is shown once, when it is created.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash that is stored instead of the key.
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// The SHA-256 of a secret key or a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// Hashes a key as it was sent.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Whether `text` is the key, in constant time.
    pub fn matches(&self, text: &str) -> bool {
        self.0.ct_eq(&Self::of(text).0).into()
    }
}

/// Whether a text has the format of a key and a correct checksum.
pub fn is_well_formed(text: &str) -> bool {
    let Some((prefix, digits)) = text.split_at_checked(3) else {
        return false;
    };
    matches!(prefix, "pk_" | "sk_")
        && digits.len() == 40
        && digits.is_ascii()
        && checksum(&text[..35]) == text[35..]
}

/// The keys of one project, as the API caches them in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectKeys {
    /// The project that they give access to.
    pub project: ProjectId,
    /// The public key.
    pub public: PublicKey,
    /// The hash of the secret key, if one was created.
    pub secret: Option<KeyHash>,
}

fn key_text(prefix: &str, random: [u8; 16]) -> String {
    let body = format!("{prefix}{}", hex(&random));
    let check = checksum(&body);
    body + &check
}

fn checksum(body: &str) -> String {
    hex(&Sha256::digest(body.as_bytes())[..4])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_detects_a_typing_error() {
        let key = SecretKey::from_random([7; 16]);
        assert!(is_well_formed(key.reveal()));
        assert!(!is_well_formed(&key.reveal().replacen("07", "08", 1)));
        assert!(!is_well_formed("sk_"));
        assert!(!is_well_formed("sk_é"));
    }

    #[test]
    fn a_secret_key_matches_its_hash_and_is_not_printed() {
        let key = SecretKey::from_random([1; 16]);
        assert!(key.hash().matches(key.reveal()));
        assert!(!key.hash().matches("sk_other"));
        assert!(!format!("{key:?}").contains("01"));
    }
}
