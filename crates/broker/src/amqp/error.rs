//! Converts the library's errors to [`BrokerError`].

use lapin::ErrorKind;

use crate::BrokerError;

/// The AMQP reply codes that are handled separately.
const ACCESS_REFUSED: u16 = 403;
const NOT_FOUND: u16 = 404;
const PRECONDITION_FAILED: u16 = 406;

/// Converts the error of a call.
pub(super) fn translate(error: &lapin::Error) -> BrokerError {
    match reply(error) {
        Some((PRECONDITION_FAILED, text)) => BrokerError::Topology(format!(
            "{text}; Emp-Mix does not change existing queues and exchanges: delete or rename the one that differs, or use another vhost"
        )),
        Some((ACCESS_REFUSED, text)) => BrokerError::Unavailable(format!("access refused: {text}")),
        Some((_, text)) => BrokerError::Unavailable(text),
        None => BrokerError::Unavailable(error.to_string()),
    }
}

/// Whether a declared exchange or queue no longer exists.
pub(super) fn is_not_found(error: &lapin::Error) -> bool {
    matches!(reply(error), Some((NOT_FOUND, _)))
}

fn reply(error: &lapin::Error) -> Option<(u16, String)> {
    match error.kind() {
        ErrorKind::ProtocolError(reply) => Some((reply.get_id(), reply.get_message().to_string())),
        _ => None,
    }
}
