//! Keys: a public one per project that may only write, a secret one that may do everything.
//!
//! Both are a prefix, 32 hex digits of randomness and 8 of checksum (`pk_…`, `sk_…`). The checksum
//! (the first 4 bytes of SHA-256 over what stands before it) rejects typing errors without a
//! look-up and lets scanners recognise a leaked key. A secret key is stored only as its SHA-256,
//! which is enough for a random key of 128 bits, and compared in constant time.

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
    /// Makes a key from fresh randomness.
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
    /// Makes a key from fresh randomness.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(key_text("sk_", random))
    }

    /// The key in clear, for the one time that it is shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
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

/// Whether a text has the shape of a key and a right checksum.
pub fn is_well_formed(text: &str) -> bool {
    let Some((prefix, digits)) = text.split_at_checked(3) else {
        return false;
    };
    matches!(prefix, "pk_" | "sk_")
        && digits.len() == 40
        && digits.is_ascii()
        && checksum(&text[..35]) == text[35..]
}

/// The keys of one project, as the API holds them in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectKeys {
    /// The project that they open.
    pub project: ProjectId,
    /// The public key.
    pub public: PublicKey,
    /// The hash of the secret key, once one was made.
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
    fn a_typing_error_is_seen_without_a_look_up() {
        let key = SecretKey::from_random([7; 16]);
        assert!(is_well_formed(key.reveal()));
        assert!(!is_well_formed(&key.reveal().replacen("07", "08", 1)));
        assert!(!is_well_formed("sk_"));
        assert!(!is_well_formed("sk_é"));
    }

    #[test]
    fn a_secret_key_is_known_by_its_hash_and_never_printed() {
        let key = SecretKey::from_random([1; 16]);
        assert!(key.hash().matches(key.reveal()));
        assert!(!key.hash().matches("sk_other"));
        assert!(!format!("{key:?}").contains("01"));
    }
}
