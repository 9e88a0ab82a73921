//! A NATS server of a test's own.

use servers::{Nats, NatsOptions};

use crate::scratch;

/// A server with JetStream and nothing in it.
pub async fn nats() -> Nats {
    Nats::start(NatsOptions::new(scratch("nats")))
        .await
        .expect("nats-server starts; was `make setup` run?")
}
