//! Who gives the commands, and what is around them.

use std::time::Duration;

use chatwoot_sim::{DeliveryOptions, Options, Running, Sim, admin_token};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use service::Health;
use sync_worker::SyncWorker;
use testkit::reqwest::StatusCode;
use testkit::sqlx::{self, Connection as _};
use testkit::{World, eventually};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use webhook_receiver::Receiver;

use crate::program::{Answered, axis, folder, run};

pub const PUBLIC_URL: &str = "https://axis.example.com";
/// Not the one that the programs have.
pub const ANOTHER_KEY: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

/// Somebody with the tool, servers, and account 7 of a Chatwoot.
pub struct Operator {
    pub world: World,
    pub chatwoot: Running,
    pub key: String,
    stop: CancellationToken,
    _end: DropGuard,
}

impl Operator {
    pub async fn new() -> Self {
        let stop = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // On a busy machine too, all that the receiver takes counts as taken.
        let delivery =
            DeliveryOptions { timeout: Duration::from_secs(30), ..DeliveryOptions::default() };
        let options = Options { accounts: vec![7], delivery, ..Options::default() };
        let chatwoot = Sim::start(options, listener, stop.clone()).await.unwrap();
        let key = domain::SecretKey::generate_text();
        let world = World::start().await;
        Self { world, chatwoot, key, stop: stop.clone(), _end: stop.drop_guard() }
    }

    pub async fn axis(&self, arguments: &[&str]) -> Answered {
        self.axis_with(arguments, &[]).await
    }

    /// The same, with more in its environment.
    pub async fn axis_with(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Answered {
        let mut command = axis();
        command
            .args(["--output", "json"])
            .args(arguments)
            .env("DATABASE_URL", self.world.store_config.database_url.expose_secret())
            .env("NATS_URL", self.world.nats.url().expose_secret())
            .env("AXIS_SECRET_KEY", &self.key)
            .env("AXIS_DATA_DIR", "no-such-folder")
            .envs(settings.iter().copied());
        run(command).await
    }

    pub async fn succeeds(&self, arguments: &[&str]) -> Value {
        let answered = self.axis(arguments).await;
        assert_eq!(answered.code, Some(0), "{arguments:?}: {answered:?}");
        assert_eq!(answered.complaint, "", "{arguments:?}");
        answered.value
    }

    pub async fn fails(&self, arguments: &[&str], because: &str) {
        let answered = self.axis(arguments).await;
        assert_eq!(answered.code, Some(1), "{arguments:?}: {answered:?}");
        let told = &answered.complaint;
        assert!(told.contains(because), "{arguments:?}: {told}");
        assert_eq!(told.lines().count(), 1, "one sentence: {told}");
    }

    /// Account 7, with its webhook registered.
    pub async fn registered(&self, tenant: &str, receiver: &str) {
        self.succeeds(&["tenants", "add", tenant]).await;
        let url = self.chatwoot.url();
        self.succeeds(&add(&url, tenant, "7", &admin_token(7))).await;
        let arguments = ["webhook", "register", "--account", "7", "--public-url", receiver];
        self.succeeds(&arguments).await;
    }

    /// A receiver and a sync-worker; where the receiver is.
    pub async fn receives(&self) -> String {
        let journal = folder("journal");
        let config = webhook_receiver::Config::with(self.key.clone().into(), journal);
        let config = webhook_receiver::Config { patience: Duration::from_mins(1), ..config };
        let receiver = Receiver::start(&config, self.world.bus.clone()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (routes, stop) = (receiver.router(), self.stop.clone());
        tokio::spawn(async move {
            service::serve(listener, routes, stop).await.unwrap();
            receiver.drain().await;
        });
        url
    }

    /// Waits until a receiver has heard of the account: an unsigned body is then refused as such.
    pub async fn known(&self, receiver: &str) {
        let account = self.world.bus.sources().list().await.unwrap()[0].account.token();
        let url = format!("{receiver}/api/v1/webhooks/chatwoot/{account}");
        let http = testkit::http();
        eventually("the receiver knows the account", || async {
            let request = http.post(&url).header("content-type", "application/json");
            let answer = request.body("{}").send().await.unwrap();
            answer.status() == StatusCode::UNAUTHORIZED
        })
        .await;
    }

    pub async fn syncs(&self) {
        let (store, bus) = (self.world.store.clone(), self.world.bus.clone());
        let config = sync_worker::Config::default();
        let worker = SyncWorker::start(&config, store, bus, &Health::default()).await.unwrap();
        tokio::spawn(worker.run(self.stop.clone()));
    }

    pub async fn statement(&self, statement: &'static str) {
        let url = self.world.store_config.database_url.expose_secret();
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }

    /// Waits until somebody waits for a lock in the database, or nobody does.
    pub async fn lock_is_waited_for(&self, wanted: bool) {
        let url = self.world.store_config.database_url.expose_secret();
        eventually("the lock is waited for, or not", || async {
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            let waits = "select exists (select from pg_locks where not granted and database =
                           (select oid from pg_database where datname = current_database()))";
            let waits: bool = sqlx::query_scalar(waits).fetch_one(&mut connection).await.unwrap();
            waits == wanted
        })
        .await;
    }
}

/// `axis accounts add …`
pub fn add<'a>(url: &'a str, tenant: &'a str, number: &'a str, token: &'a str) -> [&'a str; 10] {
    let [tenant_is, url_is] = ["--tenant", "--chatwoot-url"];
    let [number_is, token_is] = ["--chatwoot-account-id", "--chatwoot-token"];
    ["accounts", "add", tenant_is, tenant, url_is, url, number_is, number, token_is, token]
}
