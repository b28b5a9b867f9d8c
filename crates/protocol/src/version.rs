//! The version of the private API, so that a console and a sidecar of two releases know each other.
//!
//! It counts up with each change that an older console or sidecar would not understand. A console of
//! version n works with sidecars of n and n − 1.

/// The version that this release speaks.
pub const PROTOCOL_VERSION: u32 = 2;

/// The version of a sidecar whose status does not name one.
pub(crate) fn first() -> u32 {
    1
}

/// Why this console does not work with a sidecar of that version, and which of them to update.
pub fn mismatch(sidecar: u32) -> Option<String> {
    let outdated = if sidecar > PROTOCOL_VERSION {
        "this console"
    } else if sidecar + 1 < PROTOCOL_VERSION {
        "the sidecar"
    } else {
        return None;
    };
    Some(format!(
        "This console speaks version {PROTOCOL_VERSION} of the protocol and the sidecar version {sidecar}: update {outdated}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outdated_side_is_named() {
        assert_eq!(mismatch(PROTOCOL_VERSION), None);
        assert_eq!(mismatch(PROTOCOL_VERSION - 1), None);
        let newer = mismatch(PROTOCOL_VERSION + 1).unwrap();
        assert!(newer.ends_with("update this console"), "{newer}");
        let older = mismatch(PROTOCOL_VERSION - 2).unwrap();
        assert!(older.ends_with("update the sidecar"), "{older}");
    }
}
