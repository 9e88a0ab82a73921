//! Which database, which NATS, which key.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use anyhow::{Context as _, anyhow, bail};
use bus::Bus;
use clap::Args;
use domain::SecretKey;
use secrecy::{ExposeSecret as _, SecretString};
use store::Store;
use tokio::sync::SetOnce;
use tokio::time::{Instant, sleep};

/// What to do about a database that does not answer.
pub(crate) const SERVER: &str = "check the server that DATABASE_URL points to";
/// What to do where neither an address is given nor `axis up` runs.
pub(crate) const UP: &str = "axis up";
/// How long a command may look where `axis up` listens.
const LOOK: Duration = Duration::from_secs(5);
/// What a user needs who does not own the tables: the role of most transactions, and leave to read
/// which migrations were made.
const GRANT: &str = "as the tables' owner: grant axis_worker to the user of DATABASE_URL, and grant \
                     select on _sqlx_migrations to it";

/// Which database, which NATS, which key.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Where")]
pub struct Place {
    /// Folder with everything that `axis up` stores
    #[arg(
        long,
        global = true,
        env = "AXIS_DATA_DIR",
        default_value = ".axis",
        value_name = "FOLDER"
    )]
    pub data_dir: PathBuf,

    /// Address of the database, `postgres://user:password@host:port/name`, with
    /// `?sslmode=verify-full` unless nobody else is on the way. If unset, that of `axis up`
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<SecretString>,

    /// Address that bypasses a pooling proxy in `DATABASE_URL`, for LISTEN and migrations. If unset,
    /// `DATABASE_URL`; without that, it counts for nothing
    #[arg(
        long,
        global = true,
        env = "DATABASE_DIRECT_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database_direct_url: Option<SecretString>,

    /// Most connections to the database at once, 2 to 500
    #[arg(
        long,
        global = true,
        env = "DATABASE_CONNECTIONS",
        default_value_t = 16,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(2..=500)
    )]
    pub database_connections: u32,

    /// Seconds without an answer from the database after which a command gives up
    #[arg(
        long,
        global = true,
        env = "DATABASE_PATIENCE_SECONDS",
        default_value_t = 30,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=3_600)
    )]
    pub database_patience: u64,

    /// Address of NATS, `tls://host:4222`, or `nats://host:4222` where nobody else is on the way. If
    /// unset, that of `axis up`
    #[arg(long, global = true, env = "NATS_URL", hide_env_values = true, value_name = "URL")]
    pub nats_url: Option<SecretString>,

    /// A NATS credentials file (user JWT and seed), where the server asks for one
    #[arg(long, global = true, env = "NATS_CREDENTIALS", value_name = "FILE")]
    pub nats_credentials: Option<PathBuf>,

    /// A PEM file with the certificates of authorities to trust instead of the system's
    #[arg(long, global = true, env = "NATS_CA", value_name = "FILE")]
    pub nats_ca: Option<PathBuf>,

    /// Key under which tokens and webhook secrets are sealed, 64 hexadecimal digits. Of several,
    /// separated by commas, the first seals and each opens. If unset, that of `axis up`, if the
    /// database is that of `axis up` too
    #[arg(
        long,
        global = true,
        env = "AXIS_SECRET_KEY",
        hide_env_values = true,
        value_name = "HEX"
    )]
    pub secret_key: Option<SecretString>,

    /// The database, once a command works with it.
    #[arg(skip)]
    opened: Arc<SetOnce<Store>>,
}

impl Place {
    /// The data of a private Postgres.
    pub fn postgres_dir(&self) -> PathBuf {
        self.data_dir.join("postgres")
    }

    /// The data of a private NATS.
    pub fn nats_dir(&self) -> PathBuf {
        self.data_dir.join("nats")
    }

    /// The journal of the receiver in `axis up`.
    pub fn journal_dir(&self) -> PathBuf {
        self.data_dir.join("journal")
    }

    /// Attachments in `axis up`.
    pub fn attachments_dir(&self) -> PathBuf {
        self.data_dir.join("attachments")
    }

    /// The file with a generated key.
    pub fn key_file(&self) -> PathBuf {
        self.data_dir.join("secret-key")
    }

    /// Notes where `axis up` listens, for commands beside it, until what this returns is dropped.
    pub async fn note_address(&self, address: &str) -> anyhow::Result<File> {
        let noted = self.address_file();
        let note = async {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600);
            let mut file = options.open(&noted)?;
            // Whoever may read it may lock it.
            file.set_permissions(Permissions::from_mode(0o600))?;
            let until = Instant::now() + LOOK;
            // Nobody else has it for longer than a look takes.
            while let Err(refused) = file.try_lock() {
                match refused {
                    TryLockError::WouldBlock if Instant::now() < until => {
                        sleep(Duration::from_millis(20)).await;
                    }
                    refused => return Err(refused.into()),
                }
            }
            file.set_len(0)?;
            file.write_all(address.as_bytes())?;
            Ok::<_, io::Error>(file)
        };
        note.await.with_context(|| format!("locking and writing {}", noted.display()))
    }

    /// Where `axis up` listens, if it runs.
    pub fn address(&self) -> anyhow::Result<Option<String>> {
        let noted = self.address_file();
        let look = || {
            let mut file = File::open(&noted)?;
            match file.try_lock_shared() {
                // One that has ended left it.
                Ok(()) => return Ok(None),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
            let mut address = String::new();
            file.read_to_string(&mut address)?;
            Ok(Some(address).filter(|address| !address.is_empty()))
        };
        match look() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            looked => looked.with_context(|| format!("reading {}", noted.display())),
        }
    }

    fn address_file(&self) -> PathBuf {
        self.data_dir.join("address")
    }

    /// How to reach the database.
    pub fn store_config(&self) -> anyhow::Result<store::Config> {
        // Beside the database of `axis up`, the direct address that the shell has is another one's.
        let (database_url, database_direct_url) = match &self.database_url {
            Some(url) => (url.clone(), self.database_direct_url.clone()),
            None => (running(&self.postgres_dir(), "DATABASE_URL")?, None),
        };
        let database_connections = self.database_connections;
        let config = store::Config::for_url(database_url.expose_secret());
        Ok(store::Config { database_direct_url, database_connections, ..config })
    }

    /// How to reach NATS.
    pub fn bus_config(&self) -> anyhow::Result<bus::Config> {
        let nats_url = match &self.nats_url {
            Some(url) => url.clone(),
            None => running(&self.nats_dir(), "NATS_URL")?,
        };
        let (nats_credentials, nats_ca) = (self.nats_credentials.clone(), self.nats_ca.clone());
        let config = bus::Config::to_url(nats_url.expose_secret());
        Ok(bus::Config { nats_credentials, nats_ca, ..config })
    }

    /// The key of `axis up` as text, if one is set or was generated.
    pub fn secret_key_text(&self) -> anyhow::Result<Option<SecretString>> {
        if let Some(key) = &self.secret_key {
            return Ok(Some(key.clone()));
        }
        let file = self.key_file();
        match std::fs::read_to_string(&file) {
            Ok(text) if text.trim().parse::<SecretKey>().is_ok() => Ok(Some(text.trim().into())),
            Ok(_) => bail!(
                "{} holds no key any more, and without the one that it held nothing that is sealed \
                 can be opened: restore your copy of it",
                file.display()
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
        }
    }

    /// Returns the key. A generated one belongs to the database beside it; any other database has its own.
    pub fn secret_key(&self) -> anyhow::Result<SecretKey> {
        let text = match &self.database_url {
            Some(_) => self.secret_key.clone(),
            None => self.secret_key_text()?,
        };
        let Some(text) = text else {
            bail!("there is no secret key: set AXIS_SECRET_KEY to what the programs use");
        };
        Ok(text.expose_secret().parse::<SecretKey>()?)
    }

    /// Opens what administers accounts.
    pub async fn accounts(&self) -> anyhow::Result<Accounts> {
        let key = self.secret_key()?;
        Ok(Accounts::new(self.store().await?, self.bus().await?, key))
    }

    /// Opens the database, whose schema must fit.
    pub async fn store(&self) -> anyhow::Result<Store> {
        let store = self.watched()?;
        store.require_schema().await.map_err(advised)?;
        Ok(store)
    }

    /// Like [`Self::store`], whatever the schema is. A command has one database.
    pub fn watched(&self) -> anyhow::Result<Store> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened.clone());
        }
        let store = Store::connect(&self.store_config()?, "axis")?;
        // Whoever opens another one at this moment has it alone.
        let _ = self.opened.set(store.clone());
        Ok(store)
    }

    /// Completes once the command's database has not answered for as long as it may. One that is
    /// frozen, or gone with its machine, would otherwise be waited for for ever.
    pub async fn silence(&self) -> anyhow::Error {
        let store = self.opened.wait().await;
        let patience = Duration::from_secs(self.database_patience);
        let mut answered = Instant::now();
        while answered.elapsed() < patience {
            sleep(patience / 10).await;
            if store::within(patience, store.ping()).await.is_ok() {
                answered = Instant::now();
            }
        }
        anyhow!(
            "the database has not answered for {} s. What was done stays done; look after the \
             database, then run the command again",
            patience.as_secs()
        )
    }

    /// Connects to NATS.
    pub async fn bus(&self) -> anyhow::Result<Bus> {
        Ok(Bus::connect(&self.bus_config()?, "axis").await?)
    }
}

/// Says what to do about a database that cannot be worked with. Returns `None` if the error itself says so.
pub(crate) fn advice(error: &store::Error) -> Option<&'static str> {
    match error {
        error if error.is_denied() => Some(GRANT),
        store::Error::Unavailable(_) | store::Error::Overlong(_) => Some(SERVER),
        _ => None,
    }
}

/// Puts that advice into one sentence with the error.
pub(crate) fn advised(error: store::Error) -> anyhow::Error {
    match advice(&error) {
        Some(advice) => anyhow!("{error}; {advice}"),
        None => error.into(),
    }
}

fn running(data_dir: &Path, variable: &str) -> anyhow::Result<SecretString> {
    match servers::running_url(data_dir)? {
        Some(url) => Ok(url),
        None => bail!("set {variable}, or run `axis up` in this folder and leave it running"),
    }
}
