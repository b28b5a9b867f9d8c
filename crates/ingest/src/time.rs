//! Checks the unit of a timestamp, corrects clock skew, and replaces times in the future.

use empmix_model::{EpochMs, envelope::Source, limits};
use serde_json::{Map, Value};

use crate::{Refusal, RequestContext};

/// The time of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemTime {
    /// The time that the client sent, if it sent one.
    pub sent: Option<EpochMs>,
    /// The corrected time.
    pub time: EpochMs,
    /// Whether it was too far in the future and was replaced by the time of receipt.
    pub clamped: bool,
    /// Whether it is older than 30 days and the source warns about that.
    pub old: bool,
}

impl ItemTime {
    /// The time that the client sent, if it differs from the corrected one.
    pub fn client_time(self) -> Option<EpochMs> {
        self.sent.filter(|sent| *sent != self.time)
    }
}

/// Reads `timestamp`. `sent_at` is the checked value of the request.
pub fn item_time(
    object: &Map<String, Value>,
    sent_at: Option<EpochMs>,
    context: &RequestContext<'_>,
) -> Result<ItemTime, Refusal> {
    let sent = epoch_ms(object, "timestamp")?;
    let received = context.received_at;
    let skewed = sent_at.filter(|at| received.abs_diff(*at) > limits::SKEW_MS.unsigned_abs());
    let corrected = match (sent, skewed) {
        (Some(sent), Some(sent_at)) if context.source != Source::Import => {
            received + (sent - sent_at)
        }
        (Some(sent), _) => sent,
        (None, _) => received,
    };
    let clamped = corrected > received + limits::FUTURE_MS;
    let old = context.source != Source::Import && corrected < received - limits::OLD_MS;
    let time = if clamped { received } else { corrected.max(0) };
    Ok(ItemTime {
        sent,
        time,
        clamped,
        old,
    })
}

/// Reads an optional time in whole epoch milliseconds. Other units are refused with a hint.
pub fn epoch_ms(object: &Map<String, Value>, param: &str) -> Result<Option<EpochMs>, Refusal> {
    let refuse = |why: &str| {
        Refusal::invalid(
            param,
            format!("The '{param}' parameter must be whole milliseconds since 1970{why}."),
        )
    };
    let number = match object.get(param) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => whole(number).ok_or_else(|| refuse(""))?,
        Some(_) => return Err(refuse("; it is not a number")),
    };
    match number {
        ..0 => Err(refuse("; it is negative")),
        0..limits::TIMESTAMP_MIN_MS => Err(refuse("; this looks like seconds")),
        limits::TIMESTAMP_MIN_MS..limits::TIMESTAMP_END_MS => Ok(Some(number)),
        limits::TIMESTAMP_END_MS..limits::TIMESTAMP_NANOS => {
            Err(refuse("; this looks like microseconds"))
        }
        _ => Err(refuse("; this looks like nanoseconds")),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a number outside the range of i64 becomes its minimum or maximum, which is refused"
)]
fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        (float.fract() == 0.0).then_some(float as i64)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::tests::context;

    const NOW: i64 = 1_780_000_000_000;

    fn time(timestamp: Value, sent_at: Option<i64>) -> Result<ItemTime, Refusal> {
        let mut id = || "r".to_owned();
        item_time(
            json!({"timestamp": timestamp}).as_object().unwrap(),
            sent_at,
            &context(NOW, &mut id),
        )
    }

    #[test]
    fn other_units_are_refused_with_a_hint() {
        for (value, hint) in [
            (json!(NOW / 1000), "seconds"),
            (json!(0), "seconds"),
            (json!(NOW * 1000), "microseconds"),
            (json!(NOW * 1_000_000), "nanoseconds"),
            (json!(-1), "negative"),
            (json!("2026-01-01"), "not a number"),
            (json!(1.5), "whole"),
            (json!(u64::MAX), "nanoseconds"),
            (json!(1e300), "nanoseconds"),
            (json!(-1e300), "negative"),
        ] {
            let message = time(value.clone(), None).unwrap_err().message;
            assert!(message.contains(hint), "{value}: {message}");
        }
        assert_eq!(time(json!(1.78e12), None).unwrap().time, NOW);
    }

    #[test]
    fn only_skew_of_more_than_a_minute_is_corrected() {
        let hour = 3_600_000;
        let fast = time(json!(NOW + hour - 5), Some(NOW + hour)).unwrap();
        assert_eq!(
            (fast.time, fast.client_time()),
            (NOW - 5, Some(NOW + hour - 5))
        );
        let near = time(json!(NOW - 100), Some(NOW - 59_000)).unwrap();
        assert_eq!((near.time, near.client_time()), (NOW - 100, None));
    }

    #[test]
    fn a_time_far_in_the_future_is_replaced_by_the_time_of_receipt() {
        let future = time(json!(NOW + limits::FUTURE_MS + 1), None).unwrap();
        assert!(future.clamped);
        assert_eq!(
            (future.time, future.sent),
            (NOW, Some(NOW + limits::FUTURE_MS + 1))
        );
        assert!(!time(json!(NOW + limits::FUTURE_MS), None).unwrap().clamped);
        assert!(time(json!(NOW - limits::OLD_MS - 1), None).unwrap().old);
    }
}
