//! The environment that programs need.

use std::path::PathBuf;
use std::time::Duration;

use bus::{Bus, streams};
use objects::Objects;
use secrecy::ExposeSecret;
use servers::Nats;
use store::Store;

use crate::nats::{self, Earlier};
use crate::{Account, BASE_URL, account, database, scratch};

/// NATS may take so long to answer on a busy machine. Whoever asked before it went away waits for as long, perhaps
/// several times, hence no longer.
const ANSWERING: Duration = Duration::from_secs(10);

/// A database and a NATS server with the declared streams, for one test.
pub struct World {
    /// The NATS server; it ends with the world.
    pub nats: Nats,
    /// A connection to it.
    pub bus: Bus,
    /// How programs reach it.
    pub bus_config: bus::Config,
    /// The database.
    pub store: Store,
    /// How programs reach it.
    pub store_config: store::Config,
    /// A place for files.
    pub objects: Objects,
    nats_folder: PathBuf,
}

impl World {
    /// Starts the servers and applies the schema and the streams.
    pub async fn start() -> Self {
        Self::over(database()).await
    }

    /// Starts NATS over a given database with the schema, such as one on a server of the test's own.
    pub async fn over(database: impl Future<Output = store::Config>) -> Self {
        let nats_folder = scratch("nats");
        let (store_config, nats) = tokio::join!(database, nats::nats_in(nats_folder.clone()));
        let bus_config = bus::Config::to_url(nats.url().expose_secret());
        let bus_config = bus::Config { answering: ANSWERING, ..bus_config };
        let bus = Bus::connect(&bus_config, "test").await.expect("NATS accepts a connection");
        streams::apply(&bus, streams::Replicas::Keep).await.expect("the streams can be made");
        let store = Store::connect(&store_config, "test").expect("the address is one");
        let attachments_url = objects::Address::Folder(scratch("attachments"));
        let objects = Objects::open(&objects::Config::at(attachments_url));
        let objects = objects.expect("the folder can be used");
        Self { nats, bus, bus_config, store, store_config, objects, nats_folder }
    }

    /// Creates a tenant with an account on a Chatwoot that cannot be reached.
    pub async fn account(&self, tenant: &str, number: i64) -> Account {
        account(&self.store, tenant, number, BASE_URL, "token").await
    }

    /// Copies what the streams hold now.
    pub async fn keep_streams(&self) -> Earlier {
        nats::keep(&self.nats, &self.nats_folder).await
    }

    /// Restarts NATS without streams or anything else.
    pub async fn lose_all_streams(&self) {
        nats::empty(&self.nats, &self.nats_folder).await;
    }

    /// Restarts NATS without anything that its streams and consumers received since.
    pub async fn lose_streams_since(&self, earlier: &Earlier) {
        nats::lose(&self.nats, &self.nats_folder, earlier).await;
    }
}
