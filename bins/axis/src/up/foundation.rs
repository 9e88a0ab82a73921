//! What the programs stand on: database, NATS, the key, the schema and the streams.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bus::{Bus, Replicas, streams};
use domain::SecretKey;
use secrecy::{ExposeSecret as _, SecretString};
use servers::{Nats, NatsOptions, Postgres, PostgresOptions};
use store::Store;

use super::TENANT;
use super::server::{Kept, Server};
use crate::Place;

/// What the programs stand on. Dropping it ends our servers at once; [`Foundation::stop`] is kinder.
pub(super) struct Foundation {
    pub(super) store: Store,
    pub(super) store_config: store::Config,
    pub(super) bus: Bus,
    pub(super) key: SecretKey,
    pub(super) key_text: SecretString,
    /// Where the data of our Postgres are, if not in the data folder.
    pub(super) database_dir: Option<PathBuf>,
    postgres: Option<Kept>,
    nats: Option<Kept>,
    _lock: File,
}

impl Foundation {
    /// Starts the servers that are not given, and makes schema, streams and tenant as they must be.
    pub(super) async fn start(place: &Place) -> anyhow::Result<Self> {
        let lock = lock(&place.data_dir)?;
        let key_text = key(place)?;
        let key: SecretKey = key_text.expose_secret().parse()?;
        let (postgres, nats) = tokio::try_join!(postgres(place), nats(place))?;
        let mut place = place.clone();
        if let Some(server) = &postgres {
            place.database_url = Some(server.url().clone());
        }
        if let Some(server) = &nats {
            place.nats_url = Some(server.url().clone());
        }
        let elsewhere = postgres.as_ref().and_then(|server| server.elsewhere());
        let database_dir = elsewhere.map(Path::to_owned);
        let store_config = place.store_config()?;
        let store = Store::connect(&store_config, "axis")?;
        let bus = Bus::connect(&place.bus_config()?, "axis").await?;
        store::migrate(&store_config).await.context("bringing the schema up to date")?;
        streams::apply(&bus, Replicas::Keep).await.context("making the streams")?;
        add_tenant(&store).await.context("adding the tenant of development")?;
        Ok(Self {
            store,
            store_config,
            bus,
            key,
            key_text,
            database_dir,
            postgres: postgres.map(|server| Kept::new(Server::Postgres(server))),
            nats: nats.map(|server| Kept::new(Server::Nats(server))),
            _lock: lock,
        })
    }

    /// Ends connections, then our servers, in good order.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.bus.drain().await;
        if let Some(nats) = self.nats {
            nats.stop().await.context("stopping NATS")?;
        }
        // Not waited for: a connection that a program still holds is cut by the server's end.
        drop(self.store);
        if let Some(postgres) = self.postgres {
            postgres.stop().await.context("stopping Postgres")?;
        }
        Ok(())
    }
}

/// One `axis up` per data folder.
fn lock(data_dir: &Path) -> anyhow::Result<File> {
    let doing = || format!("using the data folder {}", data_dir.display());
    // Others may pass, towards what belongs to the user that Postgres runs as, but not look.
    DirBuilder::new().recursive(true).mode(0o711).create(data_dir).with_context(doing)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(data_dir.join("lock")).with_context(doing)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another `axis up` runs on {}: stop that one, or choose another folder with --data-dir",
            data_dir.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).with_context(doing),
    }
}

/// The key that is set, or the one that was generated here, or a new one.
fn key(place: &Place) -> anyhow::Result<SecretString> {
    if let Some(key) = place.secret_key_text()? {
        return Ok(key);
    }
    let key = SecretKey::generate_text();
    let file = place.key_file();
    let draft = file.with_extension("draft");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options
        .open(&draft)
        .and_then(|mut file| {
            file.write_all(key.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&draft, &file))
        .with_context(|| format!("keeping a new secret key in {}", file.display()))?;
    Ok(key.into())
}

async fn postgres(place: &Place) -> anyhow::Result<Option<Postgres>> {
    if place.database_url.is_some() {
        return Ok(None);
    }
    Ok(Some(Postgres::start(PostgresOptions::new(place.postgres_dir())).await?))
}

async fn nats(place: &Place) -> anyhow::Result<Option<Nats>> {
    if place.nats_url.is_some() {
        return Ok(None);
    }
    Ok(Some(Nats::start(NatsOptions::new(place.nats_dir())).await?))
}

/// Unless it is there; a name that an operator gave it stays.
async fn add_tenant(store: &Store) -> anyhow::Result<()> {
    let tenant = TENANT.parse()?;
    let mut transaction = store.worker().await?;
    let tenants = store::tenants::list(&mut transaction).await?;
    if !tenants.iter().any(|one| one.id == tenant) {
        store::tenants::put(&mut transaction, &tenant, "Development").await?;
    }
    store::commit(transaction).await?;
    Ok(())
}
