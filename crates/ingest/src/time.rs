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
///
/// With a `sent_at` that is not the time of receipt, only the difference of the two counts, so the
/// client's clock may stand anywhere; the corrected time must be one that is accepted.
pub fn item_time(
    object: &Map<String, Value>,
    sent_at: Option<EpochMs>,
    context: &RequestContext<'_>,
) -> Result<ItemTime, Refusal> {
    const PARAM: &str = "timestamp";
    let sent = whole_ms(object.get(PARAM), PARAM)?;
    let received = context.received_at;
    let skewed = sent_at
        .filter(|_| context.source != Source::Import)
        .filter(|at| received.abs_diff(*at) > limits::SKEW_MS.unsigned_abs());
    let corrected = match (sent, skewed) {
        (Some(sent), Some(sent_at)) => received.saturating_add(sent - sent_at),
        (Some(sent), None) => sent,
        (None, _) => received,
    };
    accepted(corrected, PARAM)?;
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

/// Reads `sent_at`, the client's clock at the time of sending: any whole milliseconds since 1970.
pub fn sent_at(value: Option<&Value>) -> Result<Option<EpochMs>, Refusal> {
    whole_ms(value, "sent_at")
}

/// Reads an optional number of whole milliseconds from 0 on.
fn whole_ms(value: Option<&Value>, param: &str) -> Result<Option<EpochMs>, Refusal> {
    let number = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => whole(number).ok_or_else(|| refused(param, ""))?,
        Some(_) => return Err(refused(param, "; it is not a number")),
    };
    if number < 0 {
        return Err(refused(param, "; it is negative"));
    }
    Ok(Some(number))
}

/// Refuses a time whose size is that of another unit, with a hint.
fn accepted(time: EpochMs, param: &str) -> Result<(), Refusal> {
    match time {
        ..limits::TIMESTAMP_MIN_MS => Err(refused(param, "; this looks like seconds")),
        limits::TIMESTAMP_MIN_MS..limits::TIMESTAMP_END_MS => Ok(()),
        limits::TIMESTAMP_END_MS..limits::TIMESTAMP_NANOS => {
            Err(refused(param, "; this looks like microseconds"))
        }
        _ => Err(refused(param, "; this looks like nanoseconds")),
    }
}

fn refused(param: &str, why: &str) -> Refusal {
    Refusal::invalid(
        param,
        format!("The '{param}' parameter must be whole milliseconds since 1970{why}."),
    )
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
    fn a_clock_that_stands_near_1970_is_corrected_by_the_time_of_sending() {
        let early = time(json!(240_000), Some(300_000)).unwrap();
        assert_eq!((early.time, early.sent), (NOW - 60_000, Some(240_000)));
        assert_eq!(time(json!(0), Some(0)).unwrap().time, NOW);
        assert!(
            time(json!(240_000), Some(NOW)).is_err(),
            "a clock that is right"
        );
        assert!(
            time(json!(0), Some(NOW - 3_600_000)).is_err(),
            "an old time of no unit"
        );
        assert!(
            time(json!(i64::MAX), Some(0))
                .unwrap_err()
                .message
                .contains("nano")
        );
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
