//! The key-value bucket `HIGH_WATER`: the highest number that the database is known to have had. The database counts
//! on before what it holds is acted on outside, so one with a lower number is an older copy of itself.

use async_nats::jetstream::stream::LastRawMessageErrorKind;

use crate::streams::bucket;
use crate::{Bus, BusError, api};

/// The highest number, and the bucket it is in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HighWater {
    bus: Bus,
}

/// What the bucket holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// The highest number; 0 if NATS knows none.
    pub number: i64,
    /// Tells this entry from later ones.
    revision: u64,
}

impl Bus {
    /// Gives access to the highest number that the database is known to have had.
    pub fn high_water(&self) -> HighWater {
        HighWater { bus: self.clone() }
    }
}

impl HighWater {
    /// Reads what the bucket holds.
    pub async fn read(&self) -> Result<Mark, BusError> {
        let stream = api::stream_handle(&self.bus, bucket::HIGH_WATER_STREAM).await?;
        let last = match stream.get_last_raw_message_by_subject(bucket::HIGH_WATER).await {
            Ok(last) => last,
            Err(error) => {
                return match error.kind() {
                    LastRawMessageErrorKind::NoMessageFound => Ok(Mark::default()),
                    LastRawMessageErrorKind::JetStream(answer) => {
                        let bucket = bucket::HIGH_WATER_STREAM;
                        Err(BusError::refused(&format!("read {bucket}"), bucket, answer))
                    }
                    _ => Err(BusError::unavailable(error)),
                };
            }
        };
        let malformed = |source| BusError::Malformed { what: "the high-water mark".into(), source };
        let text = std::str::from_utf8(&last.payload).map_err(|error| malformed(error.into()))?;
        let number = text.parse().map_err(|error: std::num::ParseIntError| malformed(error.into()));
        Ok(Mark { number: number?, revision: last.sequence })
    }

    /// Replaces `known` by a higher number. Returns `None`, and changes nothing, if the bucket does not hold `known` any
    /// more: read it again.
    pub async fn raise(&self, known: Mark, number: i64) -> Result<Option<Mark>, BusError> {
        let value = number.to_string().into();
        let stored = api::replace(&self.bus, bucket::HIGH_WATER, value, known.revision).await?;
        Ok(stored.map(|revision| Mark { number, revision }))
    }
}
