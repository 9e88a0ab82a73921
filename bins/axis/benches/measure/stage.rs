//! Servers of this run's own, and our programs on them.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use bus::{Bus, streams};
use secrecy::ExposeSecret as _;
use servers::{Nats, NatsOptions, Postgres, PostgresOptions};
use store::Store;
use testkit::sqlx::{self, Connection as _, PgConnection};
use testkit::{Account, Program, SECRET_KEY, eventually, scratch};

use crate::database;
use crate::http::Connection;
use crate::machine;

/// What the accounts of this run sign with.
pub const SECRET: &str = "the webhook's secret";
/// The tenant whose screens the API's development token opens.
pub const TENANT: &str = "mock-tenant-id";
/// A Chatwoot that refuses connections at once.
const NO_CHATWOOT: &str = "http://127.0.0.1:1";
const DATABASE: &str = "measured";
/// How many files of PostgreSQL's log are written beforehand: what its `max_wal_size` of 1 GB allows.
const LOG_FILES: usize = 64;

/// A database and NATS, as in production: what is acknowledged is synced.
pub struct Stage {
    postgres: Postgres,
    nats: Nats,
    pub bus: Bus,
    store: Store,
    journal: PathBuf,
}

impl Stage {
    pub async fn start() -> anyhow::Result<Self> {
        Self::on(PostgresOptions::new(scratch("postgres"))).await
    }

    /// Like [`Self::start`], with a database that is faster and does not survive a crash: for measuring
    /// how it is read.
    pub async fn hasty() -> anyhow::Result<Self> {
        let options =
            PostgresOptions { durable: false, ..PostgresOptions::new(scratch("postgres")) };
        Self::on(options).await
    }

    async fn on(options: PostgresOptions) -> anyhow::Result<Self> {
        let nats = Nats::start(NatsOptions::new(scratch("nats"))).await?;
        let bus = bus::Config::to_url(nats.url().expose_secret());
        let bus = Bus::connect(&bus, "measure").await?;
        streams::apply(&bus, streams::Replicas::Keep).await?;
        let postgres = Postgres::start(options).await?;
        let config = store::Config::for_url(postgres.url_of(DATABASE).expose_secret());
        let store = Store::connect(&config, "measure")?;
        let stage = Self { postgres, nats, bus, store, journal: scratch("journal") };
        stage.make_database(DATABASE).await?;
        Ok(stage)
    }

    /// Leaves PostgreSQL's log as it is once a server has run for a while: it reuses files that it has already
    /// written, while a new server fills each with zeros first, and all commits wait for that.
    pub async fn write_log_ahead(&self) -> anyhow::Result<()> {
        let mut connection = self.superuser().await?;
        for _ in 0..LOG_FILES {
            database::execute(
                &mut connection,
                "select pg_logical_emit_message(false, 'measure', ''); select pg_switch_wal()",
            )
            .await?;
        }
        database::execute(&mut connection, "checkpoint").await
    }

    /// Makes another database with the schema and nothing else.
    pub async fn make_database(&self, name: &str) -> anyhow::Result<()> {
        let mut connection = self.connect("postgres").await?;
        let statement = sqlx::AssertSqlSafe(format!("create database {name}"));
        sqlx::query(statement).execute(&mut connection).await?;
        store::migrate(&store::Config::for_url(self.database_url(name).expose_secret())).await?;
        Ok(())
    }

    fn database_url(&self, name: &str) -> secrecy::SecretString {
        self.postgres.url_of(name)
    }

    /// Connects to a database as a user who sees everything.
    pub async fn connect(&self, database: &str) -> anyhow::Result<PgConnection> {
        let url = self.database_url(database);
        PgConnection::connect(url.expose_secret()).await.context("connecting to Postgres")
    }

    /// Connects to the programs' database as that user.
    pub async fn superuser(&self) -> anyhow::Result<PgConnection> {
        self.connect(DATABASE).await
    }

    pub fn nats_url(&self) -> &str {
        self.nats.url().expose_secret()
    }

    /// An account that signs, known to the database and to the receivers.
    pub async fn account(&self, tenant: &str, number: i64) -> anyhow::Result<Account> {
        let account = testkit::account(&self.store, tenant, number, NO_CHATWOOT, "token").await;
        testkit::signs(&self.store, &self.bus, &account, SECRET).await;
        Ok(account)
    }

    /// Starts a program with its production settings, except that one caller may ask for any amount:
    /// here one caller makes the load of many.
    pub async fn program(&self, name: &'static str) -> Program {
        let database = self.database_url(DATABASE);
        Program::start(
            name,
            &[
                ("NATS_URL", self.nats_url()),
                ("DATABASE_URL", database.expose_secret()),
                ("AXIS_SECRET_KEY", SECRET_KEY),
                ("JOURNAL_DIR", &self.journal.to_string_lossy()),
                ("API_REQUESTS_PER_MINUTE", "0"),
                ("API_STREAMS_PER_MINUTE", "0"),
                ("API_STREAMS_AT_ONCE", "0"),
            ],
        )
        .await
    }

    /// Starts a receiver that knows these accounts.
    pub async fn receiver(&self, accounts: &[&Account]) -> anyhow::Result<Program> {
        let receiver = self.program("webhook-receiver").await;
        let address = address(&receiver)?;
        for account in accounts {
            // Once the account is known, what is not signed is refused as such.
            let request = format!(
                "POST {} HTTP/1.1\r\nhost: measure\r\ncontent-type: application/json\r\n\
                 content-length: 2\r\n\r\n{{}}",
                webhook_path(account)
            );
            eventually("the receiver knows the account", || async {
                let Ok(mut connection) = Connection::open(address).await else { return false };
                connection.ask(request.as_bytes()).await.is_ok_and(|status| status == 401)
            })
            .await;
        }
        Ok(receiver)
    }
}

/// Where an account's webhooks go.
pub fn webhook_path(account: &Account) -> String {
    format!("/api/v1/webhooks/chatwoot/{}", account.key.token())
}

/// Where a program listens.
pub fn address(program: &Program) -> anyhow::Result<SocketAddr> {
    let url = program.url();
    url.trim_start_matches("http://").parse().with_context(|| format!("the address {url}"))
}

/// What a program has in memory, in MiB.
pub fn resident_mib(program: &Program) -> anyhow::Result<f64> {
    let pid = program.pid().context("the program has ended")?;
    Ok(machine::resident(pid)? as f64 / (1024.0 * 1024.0))
}
