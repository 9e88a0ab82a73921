//! Requests of the JetStream API whose answers are read here and not by the library: only the
//! fields that matter, and settings exactly as the server has them.

use async_nats::client::Request;
use async_nats::jetstream::response::Response;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::{Bus, BusError};

/// Asks the API. `what` is asked for, as in "NATS refuses to …"; `of` is what it is about.
///
/// Each answer has an inbox of its own, which goes with whoever waits for it. In the one that the library has for
/// all of them, a question that is never answered (of a server that is silent, or by who may not ask) would stay
/// for as long as the program runs.
pub(crate) async fn request<T: DeserializeOwned>(
    bus: &Bus,
    subject: String,
    body: Bytes,
    what: &str,
    of: &str,
) -> Result<T, BusError> {
    let client = bus.client();
    let request = Request::new().payload(body).inbox(client.new_inbox());
    let message = client
        .send_request(format!("$JS.API.{subject}"), request)
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
