//! The time formats of Chatwoot, each in one function.

use chrono::SecondsFormat;
use serde_json::{Value, json};

use crate::model::Time;

/// ISO 8601 in UTC with three digits: `2026-10-06T08:15:42.188Z`.
pub(crate) fn iso(time: Time) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Whole seconds, or zero without a time.
pub(crate) fn seconds(time: Option<Time>) -> i64 {
    time.map_or(0, |time| time.timestamp())
}

/// Float seconds as Ruby's `to_f` prints them: right to the microsecond, noise behind it.
pub(crate) fn float(time: Time) -> Value {
    let micros = time.timestamp_micros();
    #[expect(clippy::cast_precision_loss, reason = "microseconds since 1970 need 51 of 53 bits")]
    let exact = micros as f64 / 1e6;
    // Until 2038 the neighbours of such a double are a quarter of a microsecond away.
    let noisy = match micros % 3 {
        0 => exact.next_down(),
        1 => exact.next_up(),
        _ => exact,
    };
    json!(noisy)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Reading the float back and rounding gives the microseconds.
        #[test]
        fn noise_stays_below_a_microsecond(micros in 1_000_000_000_000_000_i64..2_147_483_648_000_000) {
            let printed = float(Time::from_timestamp_micros(micros).unwrap()).to_string();
            let read: f64 = printed.parse().unwrap();
            #[expect(clippy::cast_possible_truncation, reason = "far below the limit")]
            let back = (read * 1e6).round() as i64;
            prop_assert_eq!(back, micros);
        }
    }
}
