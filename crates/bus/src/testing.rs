//! A server for unit tests of this crate's internals.

use async_nats::jetstream::stream;
use secrecy::ExposeSecret as _;
use servers::{Nats, NatsOptions};
use tempfile::TempDir;

use crate::{Bus, Config};

/// A server with `INBOUND` alone, and a connection to it.
pub(crate) struct Server {
    pub(crate) bus: Bus,
    _nats: Nats,
    _folder: TempDir,
}

impl Server {
    /// `max_consumers` is the stream's limit; -1 is none.
    pub(crate) async fn start(max_consumers: i32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let nats = Nats::start(NatsOptions::new(folder.path())).await.unwrap();
        let config = Config::to_url(nats.url().expose_secret());
        let bus = Bus::connect(&config, "test").await.unwrap();
        let inbound = stream::Config {
            name: "INBOUND".to_owned(),
            subjects: vec!["inbound.*.*".to_owned()],
            max_consumers,
            ..stream::Config::default()
        };
        bus.jetstream().create_stream(inbound).await.unwrap();
        Self { bus, _nats: nats, _folder: folder }
    }
}
