//! The text of warnings: the same for both stores.

use empmix_model::{
    EpochMs,
    envelope::Envelope,
    identity::{Link, LinkRefusal},
    limits::{CLIENT_LINKS_PER_SOURCE, REFUSED_BYTES},
    warning::{Warning, WarningKind},
};

/// The warnings that an envelope carries.
pub fn of_envelope(envelope: &Envelope) -> Vec<Warning> {
    let refused = envelope.refused.iter().map(|refused| Warning {
        kind: WarningKind::Refused,
        message: refused.message.clone(),
        bytes: Some(refused.bytes.clone()),
        received_at: envelope.received_at,
    });
    let altered = envelope.altered.iter().map(|alteration| Warning {
        kind: alteration.kind,
        message: alteration.detail.clone(),
        bytes: None,
        received_at: envelope.received_at,
    });
    refused.chain(altered).collect()
}

/// The warning that another content has an item's id; `content` is what was not stored, in JSON.
pub fn conflict(insert_id: &str, mut content: String, received_at: EpochMs) -> Warning {
    content.truncate(content.floor_char_boundary(REFUSED_BYTES));
    Warning {
        kind: WarningKind::IdConflict,
        message: format!(
            "A different event was already stored with insert_id {insert_id:?}; the first one is kept."
        ),
        bytes: Some(content),
        received_at,
    }
}

/// The warning of a refused link.
pub fn refused_link(link: &Link, refusal: LinkRefusal) -> Warning {
    Warning {
        kind: WarningKind::LinkRefused,
        message: format!(
            "{:?} was not linked to {:?}. {}",
            link.source,
            link.destination,
            refusal.message()
        ),
        bytes: None,
        received_at: link.key.received_at,
    }
}

/// The warning of a link that is refused and not kept.
pub fn link_beyond(link: &Link) -> Warning {
    Warning {
        kind: WarningKind::LinkRefused,
        message: format!(
            "{:?} was not linked to {:?}. Clients linked the source id to {CLIENT_LINKS_PER_SOURCE} ids before; only these links are kept.",
            link.source, link.destination,
        ),
        bytes: None,
        received_at: link.key.received_at,
    }
}
