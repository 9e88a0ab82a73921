//! What the programs stand on: database, NATS, the key, the schema and the streams.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bus::{Bus, Replicas, streams};
use clap::Args;
use domain::SecretKey;
use rustix::process::geteuid;
use secrecy::{ExposeSecret as _, SecretString};
use servers::{Nats, NatsOptions, Postgres, PostgresOptions};
use store::Store;
use store::accounts::Account;

use super::TENANT;
use super::server::{Kept, Server};
use super::stand_in::StandIn;
use super::stuck::Stuck;
use crate::Place;
use crate::commands::migrate;

/// Where the programs of our own servers are.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Binaries {
    /// The file `nats-server`, for a NATS of our own. If unset, what `make setup` fetched
    #[arg(long, env = "AXIS_NATS_SERVER", value_name = "FILE")]
    nats_server: Option<PathBuf>,

    /// The folder with `postgres` and `initdb`, for a database of our own. If unset, what `make
    /// setup` fetched
    #[arg(long, env = "AXIS_POSTGRES_BIN", value_name = "FOLDER")]
    postgres_bin: Option<PathBuf>,
}

/// What the programs stand on. Dropping it ends our servers at once; [`Foundation::stop`] is gentler.
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
    pub(super) async fn start(place: &Place, binaries: &Binaries) -> anyhow::Result<Self> {
        let lock = lock(&place.data_dir)?;
        let known = place.secret_key_text()?;
        let key_text = known.clone().unwrap_or_else(|| SecretKey::generate_text().into());
        let key: SecretKey = key_text.expose_secret().parse()?;
        let (postgres, nats) = tokio::try_join!(postgres(place, binaries), nats(place, binaries))?;
        let mut place = place.clone();
        if let Some(server) = &postgres {
            place.database_url = Some(server.url().clone());
            // It would bypass another server.
            place.database_direct_url = None;
        }
        if let Some(server) = &nats {
            place.nats_url = Some(server.url().clone());
        }
        let elsewhere = postgres.as_ref().and_then(|server| server.elsewhere());
        let database_dir = elsewhere.map(Path::to_owned);
        let store_config = place.store_config()?;
        let store = Store::connect(&store_config, "axis")?;
        let bus = Bus::connect(&place.bus_config()?, "axis").await?;
        let is_foreign = postgres.is_none() && place.secret_key.is_none();
        // Of another version, it may not answer yet: it is asked again once it has been changed.
        if is_foreign && let Ok(served) = store::accounts::all(&store).await {
            refuse_anothers(&served, &key, &place)?;
        }
        let tell = |what: &str| tracing::warn!("{what}");
        let migrated = Box::pin(migrate::migrate(&store_config, migrate::PATIENCE, tell)).await;
        migrated.context("bringing the schema up to date")?;
        if is_foreign {
            refuse_anothers(&store::accounts::all(&store).await?, &key, &place)?;
        }
        streams::apply(&bus, Replicas::Keep).await.context("making the streams")?;
        add_tenant(&store).await.context("adding the tenant of development")?;
        if known.is_none() {
            let file = place.key_file();
            refuse_another_key(&store, &file).await?;
            keep(&key_text, &file)
                .with_context(|| format!("keeping a new secret key in {}", file.display()))?;
        }
        let stuck = Stuck::new(bus.clone(), place.nats_dir());
        Ok(Self {
            store,
            store_config,
            bus,
            key,
            key_text,
            database_dir,
            postgres: postgres.map(|server| Kept::new(Server::Postgres(server))),
            nats: nats.map(|server| Kept::new(Server::Nats(server, stuck))),
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

/// Makes sure that only one `axis up` runs per data folder.
fn lock(data_dir: &Path) -> anyhow::Result<File> {
    let doing = || format!("using the data folder {}", data_dir.display());
    // Others may pass through, towards what belongs to the user that Postgres runs as, but not look.
    DirBuilder::new().recursive(true).mode(0o711).create(data_dir).with_context(doing)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(data_dir.join("lock")).with_context(doing)?;
    // As root it would open, and leave files behind that its user can no longer read.
    let owner = file.metadata().with_context(doing)?.uid();
    if owner != geteuid().as_raw() {
        bail!(
            "{} belongs to the user {owner}: run `axis up` as that user, or choose another folder \
             with --data-dir",
            data_dir.display()
        );
    }
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another `axis up` runs on {}: stop that one, or choose another folder with --data-dir",
            data_dir.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).with_context(doing),
    }
}

/// The database that a shell names may be that of other programs, such as those in production: what they have to carry
/// out would be taken from them.
fn refuse_anothers(served: &[Account], key: &SecretKey, place: &Place) -> anyhow::Result<()> {
    let theirs = |account: &&Account| {
        let opened = key.open(Account::TOKEN_PURPOSE, &account.api_token);
        !StandIn::is_one(account) && opened.is_err()
    };
    let sealed = served.iter().filter(theirs).count();
    if sealed > 0 {
        bail!(
            "DATABASE_URL names a database with accounts ({sealed}) that the key of {} does not open, {}: \
             unset it, and a database of this folder's own is used, or set AXIS_SECRET_KEY to the key of \
             that database",
            place.data_dir.display(),
            place.store_config()?.shown()?
        );
    }
    Ok(())
}

/// A new key opens nothing: accounts that are served already have their secrets sealed under
/// another one. Stand-ins do not count, since none outlives its start.
async fn refuse_another_key(store: &Store, file: &Path) -> anyhow::Result<()> {
    let served = store::accounts::all(store).await?;
    let sealed = served.iter().filter(|account| !StandIn::is_one(account)).count();
    if sealed > 0 {
        bail!(
            "there is no secret key, and the database has accounts ({sealed}) that are sealed under \
             one: set AXIS_SECRET_KEY to it, or restore {}",
            file.display()
        );
    }
    Ok(())
}

/// Stores a new key for the next start.
fn keep(key: &SecretString, file: &Path) -> io::Result<()> {
    let draft = file.with_extension("draft");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut written = options.open(&draft)?;
    written.write_all(key.expose_secret().as_bytes())?;
    written.sync_all()?;
    std::fs::rename(&draft, file)
}

async fn postgres(place: &Place, binaries: &Binaries) -> anyhow::Result<Option<Postgres>> {
    if place.database_url.is_some() {
        return Ok(None);
    }
    let bin_dir = binaries.postgres_bin.clone();
    let options = PostgresOptions { bin_dir, ..PostgresOptions::new(place.postgres_dir()) };
    Ok(Some(Postgres::start(options).await?))
}

async fn nats(place: &Place, binaries: &Binaries) -> anyhow::Result<Option<Nats>> {
    if place.nats_url.is_some() {
        return Ok(None);
    }
    let binary = binaries.nats_server.clone();
    let options = NatsOptions { binary, ..NatsOptions::new(place.nats_dir()) };
    Ok(Some(Nats::start(options).await?))
}

/// Adds the tenant unless it exists. A name that an operator gave it stays.
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
