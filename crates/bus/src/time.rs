//! Converts times of the server and the client library.

use async_nats::datetime;
use async_nats::jetstream::consumer::DeliverPolicy;
use chrono::{DateTime, Utc};

use crate::BusError;

/// Converts nanoseconds since 1970. Returns 1970 if the value is out of range.
pub(crate) fn time_of(nanos: i128) -> DateTime<Utc> {
    i64::try_from(nanos).map(DateTime::from_timestamp_nanos).unwrap_or_default()
}

/// The policy that delivers what a stream received at `time` or later.
pub(crate) fn since(time: DateTime<Utc>) -> Result<DeliverPolicy, BusError> {
    let nanos =
        i128::from(time.timestamp()) * 1_000_000_000 + i128::from(time.timestamp_subsec_nanos());
    let start_time = datetime::from_nanos(nanos)
        .map_err(|source| BusError::Malformed { what: format!("the time {time}"), source })?;
    Ok(DeliverPolicy::ByStartTime { start_time })
}
