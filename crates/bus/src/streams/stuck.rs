//! Finds streams that take nothing although their server answers.

use async_nats::jetstream::{self, ErrorCode};

use super::declaration;
use crate::{Bus, BusError, api};

/// A subject that no message of any stream has.
const NOBODYS: &str = "nobodys";

/// A stream that takes nothing until its server is restarted.
#[derive(Debug)]
pub struct Stuck {
    /// Its name.
    pub stream: String,
    /// What its server could not do, and why.
    pub why: String,
}

/// Tries the declared streams and buckets, and returns those that take nothing although they are there.
///
/// A server that could once not write to a stream, as on a full disk, writes no more to it: it keeps why, confirms
/// nothing and delivers nothing, even when there is room again, and only whoever wants something removed is told. Here,
/// what nobody has is to be removed. Only `axis` may ask for that.
pub async fn stuck(bus: &Bus) -> Result<Vec<Stuck>, BusError> {
    let mut stuck = Vec::new();
    for declared in declaration::streams()? {
        let stream = declared.stream;
        match api::purge_last(bus, &stream, NOBODYS, 1).await {
            // Any other refusal is a setting's, such as that nothing may be removed.
            Err(BusError::Refused { source, .. }) => {
                let why = source.downcast_ref().and_then(could_not_write);
                stuck.extend(why.map(|why| Stuck { stream, why }));
            }
            // What is missing is found elsewhere.
            Ok(()) | Err(BusError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(stuck)
}

fn could_not_write(error: &jetstream::Error) -> Option<String> {
    (error.error_code() == ErrorCode::STREAM_GENERALOR).then(|| error.to_string())
}
