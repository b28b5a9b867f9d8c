//! Ids and their text form: lower-case hex digits.
//!
//! *Item hash* = the first 16 bytes of SHA-256(distinct_id ‖ 0x1F ‖ insert_id ‖ 0x1F ‖ id-day),
//! where id-day is the decimal number of UTC days since 1970 of the time that the client sent, or
//! `-` when it sent none. It depends on nothing else (neither the project, the store nor the time
//! of arrival), so equal items have equal hashes everywhere. The hash also orders events that have
//! equal times.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{DAY_MS, EpochMs};

/// The id of a message: a UUID version 7, monotonic within the process that created it.
pub type MessageId = Uuid;

/// An id could not be parsed: it does not consist of the expected number of hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id of {0} hex digits is expected")]
pub struct InvalidId(pub usize);

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// Reads the id from a slice of exactly its length.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidId> {
                bytes.try_into().map(Self).map_err(|_| InvalidId($bytes * 2))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let mut bytes = [0; $bytes];
                decode_hex(text, &mut bytes).map(|()| Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

hex_id!(
    /// The id of a project: 8 random bytes, 16 hex digits as text.
    ProjectId,
    8
);
hex_id!(
    /// The part of an item's id that does not depend on the project (see the module's docs).
    ItemHash,
    16
);
hex_id!(
    /// The id of a job: 8 random bytes, 16 hex digits as text.
    JobId,
    8
);

impl ItemHash {
    /// The hash of an item. `client_time` is the `timestamp` as the client sent it, before any
    /// correction; `None` when it sent none.
    pub fn of(distinct_id: &str, insert_id: &str, client_time: Option<EpochMs>) -> Self {
        let id_day = client_time.map_or_else(
            || "-".to_owned(),
            |time| time.div_euclid(DAY_MS).to_string(),
        );
        let mut hasher = Sha256::new();
        for part in [distinct_id, "\u{1f}", insert_id, "\u{1f}", &id_day] {
            hasher.update(part.as_bytes());
        }
        let digest = hasher.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(bytes)
    }
}

/// The first 8 bytes of SHA-256, as a signed number (which every store supports). It distinguishes
/// two contents under one item id.
pub fn content_hash(canonical: &[u8]) -> i64 {
    let digest = Sha256::digest(canonical);
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(bytes)
}

fn decode_hex(text: &str, into: &mut [u8]) -> Result<(), InvalidId> {
    let bad = InvalidId(into.len() * 2);
    if text.len() != into.len() * 2
        || !text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    {
        return Err(bad);
    }
    for (index, byte) in into.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).map_err(|_| bad)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_matches_its_documentation() {
        // printf 'u1\x1fi1\x1f20454' | sha256sum | cut -c1-32
        let day = Some(20_454 * DAY_MS + 5);
        assert_eq!(
            ItemHash::of("u1", "i1", day).to_string(),
            "cf4d3eafe4571e41eb1a22426aa35060"
        );
        assert_ne!(
            ItemHash::of("u1", "i1", None),
            ItemHash::of("u1", "i1", day)
        );
    }

    #[test]
    fn ids_round_trip_through_text() {
        let id = ProjectId([0, 1, 2, 250, 4, 5, 6, 255]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("00".parse::<ProjectId>().is_err());
        assert!("éééééééé".parse::<ProjectId>().is_err());
        assert!(
            "0001020304050AFF".parse::<ProjectId>().is_err(),
            "only lower-case digits are accepted"
        );
    }
}
