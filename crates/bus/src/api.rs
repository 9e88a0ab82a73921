//! Requests of the JetStream API whose answers are read here and not by the library: only the
//! fields that matter, and settings exactly as the server has them.

use async_nats::jetstream::response::Response;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::{Bus, BusError};

/// Asks the API. `what` is asked for, as in "NATS refuses to …"; `of` is what it is about.
pub(crate) async fn request<T: DeserializeOwned>(
    bus: &Bus,
    subject: String,
    body: Bytes,
    what: &str,
    of: &str,
) -> Result<T, BusError> {
    let message = bus
        .client()
        .request(format!("$JS.API.{subject}"), body)
        .await
        .map_err(|error| BusError::Unavailable(error.into()))?;
    match serde_json::from_slice(&message.payload) {
        Ok(Response::Ok(answer)) => Ok(answer),
        Ok(Response::Err { error }) => Err(BusError::answer(what, of, error)),
        Err(error) => Err(BusError::Malformed {
            what: format!("the answer of NATS about {of}"),
            source: error.into(),
        }),
    }
}
